export {
  createTrainer,
  type OptimizerConfig,
  type OptimizerConfigInput,
  type OptimizerSchema,
  optimizerSchema,
  OPTIMIZERS,
} from './catalogue.js';
export { type OptimizerKind, type OptimizerSummary, type TrainingSetting } from './entry.js';
export {
  chainTrainer,
  type ChainTrainerOptions,
  disposeEvaluation,
  type Evaluate,
  type EvaluateOptions,
  type LossAndGradients,
  type Trainer,
  type TrainerStep,
} from './trainer.js';
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
} from './transform.js';
export { type PreconditionerConfig, type PreconditionerRoom, providePreconditioners } from './preconditioning.js';
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
} from './schedule.js';
export { type ScheduleConfig, scheduleFromConfig, scheduleSchema, type TrainingLength } from './schedule-config.js';
export {
  type AdagradOptions,
  type AdamOptions,
  type RmsOptions,
  scaleByAdagrad,
  scaleByAdam,
  scaleByRms,
} from './transforms/adaptive.js';
export { clipByGlobalNorm, clipByNorm, clipByValue, globalNorm } from './transforms/clip.js';
export { addDecayedWeights, hasRole, type Mask } from './transforms/decay.js';
export { scaleByLearningRate } from './transforms/learning-rate.js';
export { masked } from './transforms/masked.js';
export { trace, type TraceOptions } from './transforms/momentum.js';
export { type LionOptions, signOfMomentum } from './base/lion.js';
export { type MuonOptions, orthogonalize, orthogonalizedMomentum } from './base/muon.js';
export { type PositiveNegativeOptions, positiveNegativeMomentum } from './base/pnm.js';
export { scheduleFree, type ScheduleFreeOptions } from './base/schedule-free.js';
export { type Refined, refined, type RefinedOptions, type RefinementRule, type Surroundings } from './refine.js';
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
export { type AdaHessianOptions, adaHessianRule } from './curvature/adahessian.js';
export { type HutchinsonOptions, hessianDiagonal } from './curvature/hutchinson.js';
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
} from './transforms/over-diagonal.js';
