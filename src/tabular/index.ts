export { tabularEvaluator, type TabularEvaluator } from './evaluator.js';
export { type BenchmarkTable, readBenchmarkTable } from './table.js';
export { tabularTrials, type Trials, type TrialsOptions } from './trials.js';
