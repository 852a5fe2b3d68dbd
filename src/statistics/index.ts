export {
  assessDifference,
  type Assessment,
  assessMean,
  type AssessMeanOptions,
  type AssessOptions,
  assessPaired,
  FEWEST_FOR_INTERVAL,
  type Interval,
  pairedRatioInterval,
  ratioInterval,
} from './assess.js';
export {
  assessSpearmanDifference,
  assessTau,
  assessTauDifference,
  FEWEST_FOR_RANKS,
  spearmanInterval,
  tauInterval,
  tausWithoutEach,
} from './assess-ranks.js';
export { choiceIntervals, type ChoiceIntervals, type ChoiceMeasures } from './bootstrap-choices.js';
export { bootstrapIntervals, type BootstrapOptions } from './bootstrap.js';
export {
  type ClassificationMeasures,
  classificationMeasures,
  type ClassMeasures,
  mostProbable,
} from './classification.js';
export { type FlagMeasures, type MultiLabelMeasures, multiLabelMeasures } from './multi-label.js';
export { pearson, spearman } from './correlation.js';
export { kendallTau } from './kendall.js';
export { smirnovDistance, smirnovLimit } from './kolmogorov.js';
export { type LeastSquares, leastSquares } from './least-squares.js';
export { largestOf, smallestOf } from './extremes.js';
export { logRankSum } from './log-rank.js';
export { despiteInterval, obstacleOf } from './obstacle.js';
export { ndcg } from './ndcg.js';
export { pairedShareDifference } from './paired-shares.js';
export { exchangeP, independenceP, signFlipP } from './permutation.js';
export { type Estimated, type RegressionMeasures, regressionMeasures, varies } from './regression.js';
export { bestRankAt, precisionAtBottom, precisionAtTop, ranksFromBest, worstRankAt } from './selection.js';
export { twoSidedQuantile } from './student-t.js';
export { wilsonInterval } from './wilson.js';
export { mean, median, quantile, standardDeviation, standardError } from './summary.js';
