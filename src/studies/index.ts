export { loadStudy, studyNames } from './catalogue.js';
export {
  defineStudy,
  gateRow,
  infoRow,
  type Parts,
  type PerformUnits,
  type Row,
  type Study,
  type StudyFigure,
  type StudyResult,
  type StudySection,
  type StudySetting,
  type StudyTable,
  type StudyUnit,
  type UnitRequest,
  withinRow,
} from './contract.js';
export { measuredText, tally, verdictOf } from './report.js';
export {
  type FinishedStudy,
  parseStudyOptions,
  rowsJson,
  runStudy,
  type RunStudyOptions,
  stopped,
  StudyStopped,
} from './run-study.js';
export { performOn, studyRunners, unitJob } from './units.js';
