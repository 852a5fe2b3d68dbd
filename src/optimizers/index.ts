export {
  createTrainer,
  type OptimizerConfig,
  observesValidation,
  type OptimizerConfigInput,
  type OptimizerSchema,
  optimizerSchema,
  OPTIMIZERS,
} from './catalogue.js';
export { type OptimizerKind, type OptimizerSummary } from './entry.js';
export { type TrainingLength, type TrainingSetting } from '../chain/setting.js';
export {
  chainTrainer,
  type ChainTrainerOptions,
  disposeEvaluation,
  type Evaluate,
  type EvaluateOptions,
  type LossAndGradients,
  type Trainer,
  type TrainerStep,
} from '../chain/trainer.js';
export {
  emptyState,
  type GradientTransform,
  type Optimizer,
  type OptimizerState,
  replaceState,
  type Slots,
  step,
  type StepContext,
  type StepResult,
} from '../chain/transform.js';
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
export { type Refined, refined, type RefinedOptions, type RefinementRule, type Surroundings } from '../chain/refine.js';
export { type AsamOptions, asamRule, fisherSamRule, samRule } from './flatness/sam.js';
export { type BayesianSamOptions, bayesianSamRule } from './flatness/bsam.js';
export { type EfficientSamOptions, efficientSamRule } from './flatness/esam.js';
export { type EntropySgdOptions, entropySgdRule } from './flatness/entropy-sgd.js';
export { type FriendlySamOptions, friendlySamRule } from './flatness/f-sam.js';
export { type GamOptions, gamRule } from './flatness/gam.js';
export { type GsamOptions, gsamRule, proportionalTo } from './flatness/gsam.js';
export { type LookSamOptions, lookSamRule } from './flatness/looksam.js';
export { type TracerOptions, tracerRule } from './flatness/tracer.js';
export { type WeightedSamOptions, weightedSamRule } from './flatness/wsam.js';
export { adaHessianRule } from './curvature/adahessian.js';
export {
  curvatureRms,
  type CurvatureRmsOptions as AdaHessianOptions,
  hessianDiagonal,
  type HutchinsonOptions,
} from '../chain/hutchinson.js';
export { type SasshaOptions, sasshaRule } from './curvature/sassha.js';
export { type SophiaOptions, sophiaRule } from './curvature/sophia.js';
export { averaged, type AveragingRule, type Updated } from './averaging/averaged.js';
export {
  type EmaOptions,
  emaRule,
  type LawaOptions,
  lawaRule,
  type LookaheadOptions,
  lookaheadRule,
  type SwaOptions,
  swaRule,
} from './averaging/averages.js';
export { type SwadOptions, swadRule } from './averaging/swad.js';
export {
  type ClippedRatioOptions,
  clippedOverDiagonal,
  momentumOverDiagonal,
  type OverDiagonalOptions,
} from '../chain/transforms/over-diagonal.js';
