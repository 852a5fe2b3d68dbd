export { type ConflictOptions, measureConflicts, type OptionConflicts } from './conflicts.js';
export { type Affinity, minimumCut, type Split } from './cut.js';
