export { tabularEvaluator, type TabularEvaluator } from './evaluator.js';
export {
  canonicalCell,
  type BenchmarkCell,
  type CellOperation,
  cellOperations,
  fromBenchmark,
  toBenchmark,
} from './nas-bench-201.js';
export { type BenchmarkTable, readBenchmarkTable } from './table.js';
export { tabularTrials, type Trials, type TrialsOptions } from './trials.js';
