export {
  bootstrap,
  bootstrapDifference,
  bootstrapMean,
  bootstrapMeans,
  type BootstrapOptions,
  bootstrapPaired,
  type Interval,
} from './bootstrap.js';
export { pearson, spearman } from './correlation.js';
export { kendallTau } from './kendall.js';
export { type LeastSquares, leastSquares } from './least-squares.js';
export { bestRankAt, precisionAtBottom, precisionAtTop, ranksFromBest, worstRankAt } from './selection.js';
export { mean, median, quantile, standardDeviation, standardError } from './summary.js';
