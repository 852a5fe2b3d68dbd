export * from './contract.js';
export { measuredText, tally, verdictOf } from './report.js';
export {
  type FinishedStudy,
  parseStudyOptions,
  runStudy,
  type RunStudyOptions,
  stopped,
  StudyStopped,
} from './run-study.js';
export { performOn, studyRunners, unitJob } from './units.js';
