export { difference, type DifferenceSummary, type Measured, reduction, summarizeDifferences } from './differences.js';
export {
  averageForgetting,
  backwardTransfer,
  type Better,
  type ForgettingOptions,
  forwardTransfer,
  intransigence,
  type PerformanceMatrix,
  worstDip,
} from './matrix.js';
