export {
  type Executor,
  type Job,
  type JobContext,
  type JobEvent,
  type JobProgress,
  type JobResult,
  type JobRunner,
  type JobRunners,
} from './contract.js';
export { defineJob, type JobDefinition, resultText, submitAll } from './job.js';
export { interrupted } from './runner.js';
export { listResults, openResults, type Results } from './results.js';
export { type RunJobOptions } from './payload.js';
export { runRunners, searchJob, trainingJob } from './training.js';
export { evaluationOf, standAloneJob } from './stand-alone.js';
export { createSerialExecutor, type SerialOptions } from './serial.js';
export { serveJobs } from './child.js';
export { createLocalExecutor, type LocalOptions } from './local.js';
export { type Crew, createCrew, type CrewOptions } from './crew.js';
export { createQueueExecutor, type QueueOptions } from './queue/executor.js';
export { type JobQueue, openQueue, type QueueStanding } from './queue/job-queue.js';
export { parseLocation, redact } from './queue/location.js';
export { serveQueue, type ServeOptions, type Service } from './queue/serve.js';
