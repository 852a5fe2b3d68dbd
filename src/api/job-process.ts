/** The module that child processes run: executes the jobs that they are sent. */
import { resolveReference } from '../jobs/files.js';
import { runRunners, serveJobs } from '../jobs/index.js';
import { loadParts } from './parts.js';
import { loadController, loadSpace, loadStudy } from './registry.js';

serveJobs({
  ...runRunners(loadParts),
  // Studies bring charts and pages with them, which other jobs do not wait for.
  study: async (payload, context) =>
    (await import('../studies/units.js')).studyRunners(
      {
        // What a payload names comes from a queue: shipped parts only.
        space: (name) => loadSpace(resolveReference(name, context.files)),
        controller: (name) => loadController(resolveReference(name, context.files)),
      },
      loadStudy,
    )['study']!(payload, context),
});
