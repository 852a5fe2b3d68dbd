export {
  difference,
  type DifferenceSummary,
  type Measured,
  reduction,
  retainedRatio,
  summarizeDifferences,
} from './differences.js';
export {
  averageForgetting,
  backwardTransfer,
  type Better,
  finalPerformance,
  type ForgettingOptions,
  forwardTransfer,
  intransigence,
  type PerformanceMatrix,
  worstDip,
  worstPerformance,
} from './matrix.js';
