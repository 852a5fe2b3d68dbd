/** The module that child processes run: executes the jobs sent to them. */
import { resolveReference } from '../jobs/files.js';
import { runRunners, serveJobs } from '../jobs/index.js';
import { loadParts } from './parts.js';
import { loadController, loadSpace, loadStudy } from './registry.js';

// As in the command: the user's own line is to be among those that are kept.
Error.stackTraceLimit = 50;

serveJobs({
  ...runRunners(loadParts),
  // Studies load charts and pages, which other jobs should not wait for.
  study: async (payload, context) =>
    (await import('../studies/units.js')).studyRunners(
      {
        // Names in a payload come from a queue: only built-in parts are allowed.
        space: (name) => loadSpace(resolveReference(name, context.files)),
        controller: (name) => loadController(resolveReference(name, context.files)),
      },
      loadStudy,
    )['study']!(payload, context),
});
