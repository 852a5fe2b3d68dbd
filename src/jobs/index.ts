export { type Executor, type Job, type JobContext, type JobEvent, type JobProgress, type JobResult, type JobRunner, type JobRunners } from './contract.js';
export { defineJob, type JobDefinition, submitAll } from './job.js';
export { interrupted } from './runner.js';
export { listResults, openResults, type Results } from './results.js';
export { type RunJobOptions, runRunners, searchJob, trainingJob } from './training.js';
export { createSerialExecutor, type SerialOptions } from './serial.js';
export { serveJobs } from './child.js';
export { createLocalExecutor, type LocalOptions } from './local.js';
export { type Crew, createCrew, type CrewOptions } from './crew.js';
