export { type Executor, type Job, type JobContext, type JobEvent, type JobProgress, type JobResult, type JobRunner, type JobRunners } from './contract.js';
export { defineJob, interrupted, type JobDefinition, submitAll } from './job.js';
export { listResults, openResults, type Results } from './results.js';
export { type RunJobOptions, runRunners, searchJob, trainingJob } from './training.js';
export { createSerialExecutor, type SerialOptions } from './serial.js';
