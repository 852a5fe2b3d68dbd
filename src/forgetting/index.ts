/** Multi-model forgetting: regularizers against it, and its events in a search. */
export {
  createRegularizer,
  type RegularizerConfig,
  type RegularizerConfigInput,
  REGULARIZERS,
  regularizerSchema,
  type RegularizerSchema,
} from './catalogue.js';
export { FISHER_BINS, type ForgettingEvent, type ForgettingTensor } from './events.js';
export type {
  LossShare,
  Regularizer,
  RegularizerSetting,
  RegularizerStatus,
  RegularizerSummary,
  TensorRecord,
  TrainedArchitecture,
} from './regularizer.js';
export { defineRegularizer, type OwnRegularizer } from './own.js';
export { logMarginal, twoModelTerm } from './laplace.js';
