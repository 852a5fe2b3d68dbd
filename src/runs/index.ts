export {
  makeFolder,
  removeFolder,
  withFolder,
  writeFileAtomic,
  writeFolderAtomic,
  type WriteOptions,
} from './atomic-write.js';
export {
  type Checkpoint,
  listCheckpoints,
  loadLatestCheckpoint,
  type LoadOptions,
  saveCheckpoint,
  type SaveOptions,
} from './checkpoint.js';
export { now, peakMemoryMB, type Stopwatch, stopwatch } from './clock.js';
export { describeEnvironment, type Environment, packageVersion } from './environment.js';
export {
  type EnvironmentChange,
  environmentChanges,
  type RecordedEnvironment,
  refuseChanges,
  sayChanges,
} from './environment-change.js';
export {
  type Journal,
  type JournalEvent,
  type JournalOptions,
  openJournal,
  readEvents,
  tailEvents,
} from './journal.js';
export { isObject, type JsonObject, sha256, sortKeys, stringifyStrict, toJson } from './json.js';
export { acquireLock, type LockOptions, type RunLock, lockState } from './lock.js';
export {
  copyRun,
  runsIn,
  beganAt,
  createRun,
  listRuns,
  lockRun,
  type Manifest,
  openRun,
  type Run,
  runFiles,
  runIdentity,
  type RunOptions,
} from './run-directory.js';
export { decodeSafetensors, encodeSafetensors, type Safetensors } from './safetensors.js';
export { readText, readTextIfThere } from './read-text.js';
export { readSealedJson, sealJson, unseal } from './sealed.js';
export { breathe, catchSignals, type Shutdown } from './shutdown.js';
export { type Measured, readSummary, type RunResults, type RunSummary, writeSummary } from './summary.js';
export { checkPart, needsSums, readCheckedEvents, readSums, remake } from './sums.js';
