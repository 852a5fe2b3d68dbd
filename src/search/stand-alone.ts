/**
 * Trains one architecture alone on the training part and evaluates it on the validation part: the basis of stand-alone
 * strategies.
 */
import { type SearchConfig } from '../config/schema.js';
import { type SearchSpace } from '../graph/define-space.js';
import { fewestExamplesOf } from '../graph/fewest-examples.js';
import { type OwnParts } from '../parts/own.js';
import { createChild } from '../supernet/child.js';
import { requireExamples } from '../training/batch-size.js';
import {
  type Evaluation,
  evaluateChild,
  FINAL_EVALUATION,
  requireFiniteLoss,
  SHARED_EVALUATION,
} from '../training/evaluate.js';
import {
  adoptEvaluationWeights,
  createLearner,
  disposeLearner,
  learn,
  observeValidation,
  withEvaluationWeights,
} from '../training/learner.js';
import { recalibrate } from '../training/recalibrate.js';
import { requireObserved } from './batch-sizes.js';
import { type SearchBatches } from './data.js';
import { trainingOf } from './session.js';
import { type LearnerSnapshot, restoreLearner, snapshotLearner } from './snapshot.js';

export interface StandAloneStep {
  /** Steps done so far. */
  readonly step: number;
  readonly loss: number;
  /** The state from which to continue; the tensors are borrowed. */
  snapshot(): LearnerSnapshot;
}

export interface StandAloneOptions {
  /** Number of epochs of the schedules. */
  readonly epochs: number;
  /** Stops after this many of the epochs; all by default. */
  readonly until?: number;
  /** The user's own optimizers and preconditioners, which the configuration may name. */
  readonly own?: OwnParts | undefined;
  /** The state and step at which an earlier attempt stopped; borrowed. */
  readonly from?: { readonly step: number; readonly learner: LearnerSnapshot };
  /** Called after every step; an error from it ends the training. */
  readonly onStep?: (step: StandAloneStep) => void | Promise<void>;
  /**
   * Called after the last step of each epoch, and before `onStep`, with the validation part's evaluation of the weights
   * so far.
   */
  readonly onEpoch?: (evaluation: Evaluation) => void;
}

/**
 * Trains from scratch with the settings of `retrain`, but for the given number of epochs and without the validation
 * part, and evaluates on the validation part. The same architecture, configuration and numbers of epochs give the same
 * results, even after an interruption.
 */
export async function trainAlone<A>(
  space: SearchSpace<A>,
  architecture: A,
  config: Pick<SearchConfig, 'seed' | 'retrain'>,
  data: Pick<SearchBatches, 'train' | 'validation'>,
  { epochs, until = epochs, own, from, onStep, onEpoch }: StandAloneOptions,
): Promise<Evaluation> {
  const final = space.forRetraining();
  const child = createChild(final, architecture);
  const names = child.parameterNames;
  const { train } = data;
  const learner = createLearner(final, `${config.seed}/alone`, {
    ...trainingOf({ ...config.retrain, epochs }, train, own),
    child,
  });
  try {
    const fewest = fewestExamplesOf(child.nodes);
    requireExamples(fewest, { batch: 'search.batchSize', examples: train.smallest, trainer: learner.trainer });
    requireObserved(fewest, data.validation, learner.trainer);
    if (from) restoreLearner(learner, from.learner);
    for (let done = from?.step ?? 0; done < until * train.steps; done++) {
      const { loss } = learn(learner, {
        child,
        source: train,
        epoch: Math.floor(done / train.steps),
        step: done % train.steps,
        globalStep: done,
        due: epochs * train.steps - done,
        seed: `${config.seed}/alone`,
        smoothing: config.retrain.labelSmoothing,
      });
      if ((done + 1) % train.steps === 0) {
        observeValidation(learner, () => evaluateChild(child, learner.store, data.validation, SHARED_EVALUATION).loss);
        onEpoch?.(
          withEvaluationWeights(learner, names, (weights) =>
            evaluateChild(child, weights, data.validation, SHARED_EVALUATION),
          ),
        );
      }
      await onStep?.({ step: done + 1, loss, snapshot: () => snapshotLearner(learner) });
    }
    adoptEvaluationWeights(learner);
    recalibrate(child, learner.store, train, CALIBRATION_BATCHES);
    const evaluation = evaluateChild(child, learner.store, data.validation, FINAL_EVALUATION);
    return requireFiniteLoss(evaluation, child.encoding, 'validation');
  } finally {
    disposeLearner(learner);
  }
}

/** Number of batches for the trained network's normalization statistics. */
const CALIBRATION_BATCHES = 20;
