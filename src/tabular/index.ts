export { tabularEvaluator, type TabularEvaluator } from './evaluator.js';
export {
  benchmarkCost,
  canonicalCell,
  type BenchmarkCell,
  type CellOperation,
  cellOperations,
  fromBenchmark,
  fromBenchmarkTuple,
  toBenchmark,
} from './nas-bench-201.js';
export {
  type ColumnRole,
  measuredValue,
  type NetworkFamily,
  type NetworkTable,
  readNetworkTable,
  rowLookup,
  type TableColumn,
  tableColumn,
  truthColumn,
} from './networks.js';
export { type SampledNetwork, sampleTable } from './sample.js';
export { type BenchmarkTable, readBenchmarkTable } from './table.js';
export { type StartedTrialsOptions, tabularTrials, type Trials, type TrialsOptions } from './trials.js';
