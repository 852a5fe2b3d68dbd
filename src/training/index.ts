export { type BatchSource, type TensorBatch, withBatch } from './batch.js';
export {
  type Evaluation,
  evaluateBatch,
  evaluateChild,
  evaluateTogether,
  FINAL_EVALUATION,
  requireAccuracy,
  SHARED_EVALUATION,
} from './evaluate.js';
export { carrying } from './carried-state.js';
export {
  adoptEvaluationWeights,
  createLearner,
  disposeLearner,
  learn,
  type Learner,
  type LearnerOptions,
  type LearnOptions,
  observeValidation,
  withEvaluationWeights,
} from './learner.js';
export { labelCrossEntropies, labelLosses } from './cross-entropy.js';
export { type LanguageMeasures, languageMeasures, sayMeasures } from './language.js';
export { exampleSource, textSource } from './sources.js';
export { recalibrate } from './recalibrate.js';
export { meanLoss } from './batch-loss.js';
export { trainStep, type TrainStepInput, type TrainStepResult } from './train-step.js';
