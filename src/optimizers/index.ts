export {
  createTrainer,
  type OptimizerConfig,
  observesValidation,
  type OptimizerConfigInput,
  type OptimizerSchema,
  optimizerSchema,
  OPTIMIZERS,
} from './catalogue.js';
export { defineOptimizer, type OwnOptimizer } from './base/own.js';
export type { OptimizerKind, OptimizerSummary } from './entry.js';
export type { TrainingLength, TrainingSetting } from '../chain/setting.js';
export { type ChainStep, type CompiledTrainer, compiledTrainer, type DeclaredLoss } from '../chain/compiled.js';
export { chain, rateOf, type Trainer, type TrainerStep, withLink } from '../chain/chain.js';
export type {
  Declaring,
  Elementwise,
  Link,
  LinkStep,
  Movement,
  RateShare,
  SettleEach,
  SettleStep,
} from '../chain/link.js';
export type { LinkMoment } from '../chain/moment.js';
export type { Evaluate, EvaluateOptions, HessianTimes, LossAndGradients, StepContext } from '../chain/loss.js';
export { emptyState, type OptimizerState, replaceState, type Slots } from '../chain/state.js';
export {
  byEpoch,
  constant,
  cosine,
  type CosineOptions,
  exponential,
  type ExponentialOptions,
  linear,
  type LinearOptions,
  type Schedule,
  stepDecay,
  type StepDecayOptions,
  warmRestarts,
  type WarmRestartOptions,
  warmUp,
} from '../chain/schedule.js';
export { type ScheduleConfig, scheduleFromConfig, scheduleSchema } from './schedule-config.js';
export {
  type AdagradOptions,
  type AdamOptions,
  type RmsOptions,
  scaleByAdagrad,
  scaleByAdam,
  scaleByRms,
} from '../chain/transforms/adaptive.js';
export { clipByGlobalNorm, clipByNorm, clipByValue, globalNorm } from '../chain/transforms/clip.js';
export { addDecayedWeights, hasRole, type Mask } from '../chain/transforms/decay.js';
export { scaleByLearningRate } from '../chain/transforms/learning-rate.js';
export { masked } from '../chain/transforms/masked.js';
export { trace, type TraceOptions } from '../chain/transforms/momentum.js';
export { type LionOptions, signOfMomentum } from './base/lion.js';
export { type MuonOptions, orthogonalize, orthogonalizedMomentum } from '../chain/transforms/orthogonalize.js';
export { type PositiveNegativeOptions, positiveNegativeMomentum } from './base/pnm.js';
export { scheduleFree, type ScheduleFreeOptions } from './base/schedule-free.js';
export { type AsamOptions, asam, fisherSam, sam } from './flatness/sam.js';
export { type BayesianSamOptions, bayesianSam } from './flatness/bsam.js';
export { type EfficientSamOptions, efficientSam } from './flatness/esam.js';
export { type EntropySgdOptions, entropySgd } from './flatness/entropy-sgd.js';
export { type FriendlySamOptions, friendlySam } from './flatness/f-sam.js';
export { type GamOptions, gam } from './flatness/gam.js';
export { type GsamOptions, gsam, proportionalTo } from './flatness/gsam.js';
export { type LookSamOptions, lookSam } from './flatness/looksam.js';
export { type TracerOptions, tracer } from './flatness/tracer.js';
export { type WeightedSamOptions, weightedSam } from './flatness/wsam.js';
export { adaHessian } from './curvature/adahessian.js';
export {
  curvatureRms,
  type CurvatureRmsOptions as AdaHessianOptions,
  hessianDiagonal,
  type HutchinsonOptions,
} from '../chain/hutchinson.js';
export { type SasshaOptions, sassha } from './curvature/sassha.js';
export { type SophiaOptions, sophia } from './curvature/sophia.js';
export {
  type EmaOptions,
  ema,
  type LawaOptions,
  lawa,
  type LookaheadOptions,
  lookahead,
  type SwaOptions,
  swa,
} from './averaging/averages.js';
export { type SwadOptions, swad } from './averaging/swad.js';
export {
  type ClippedRatioOptions,
  clippedOverDiagonal,
  momentumOverDiagonal,
  type OverDiagonalOptions,
} from '../chain/transforms/over-diagonal.js';
