export { type MovingAverage, movingAverage } from './baseline.js';
export type {
  Controller,
  ControllerFactory,
  ControllerSetting,
  ControllerSnapshot,
  Evaluated,
  Metrics,
  Relaxation,
} from './contract.js';
export { type ControllerDefinition, defineController } from './define-controller.js';
export { bernoulliKl, bernoulliTerms, categoricalTerms, type DecisionTerms } from './distributions.js';
export { drawUniform, drawValid } from './draw.js';
export { entropyOf, softmax } from './probabilities.js';
export { finiteReward, perplexityReward } from './reward.js';
export { nextStart } from './starts.js';
export { bestScored, decodeScored, encodeScored, populationMetrics, type ScoredText } from './scored.js';
export { filterProposals, type ProposalFilter } from './filtered.js';
