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
export { logRankSum } from './log-rank.js';
export { sampleDistinct } from './sample.js';
