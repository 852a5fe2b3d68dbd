/** The module that child processes run: does the jobs that it is told to do. */
import { runRunners, serveJobs } from '../jobs/index.js';
import { loadParts } from './commands/search.js';

serveJobs(runRunners(loadParts));
