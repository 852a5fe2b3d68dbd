export {
  type Agreement,
  type AgreementOptions,
  type Choice,
  type Measure,
  rankAgreement,
  reliability,
} from './agreement.js';
export { analyseRanking, type RankAnalysis } from './analysis.js';
export { parseRankRecord, quality, rankRecord, type RankRecord } from './record.js';
export { compareTrained, type Costs, costsIn } from './costs.js';
export { logRankSum } from '../statistics/index.js';
export {
  type Advantage,
  compareRankers,
  type Ranker,
  type RankerComparison,
  type Standing,
  stratifiedWarning,
  withLogRanks,
} from './rankers.js';
export { sampleDistinct } from '../graph/sample-distinct.js';
export { analyseTruth, parseTruthRecord, truthRecord, type TruthRecord } from './truth-record.js';
