/** One architecture trained alone on the training part and judged on the validation part: what stand-alone strategies choose by. */
import { type SearchConfig } from '../config/schema.js';
import { type SearchSpace } from '../graph/define-space.js';
import { createChild } from '../supernet/child.js';
import { tf } from '../tensor/tf.js';
import { withBatch } from '../training/batch.js';
import { carrying } from '../training/carried.js';
import { type Evaluation, evaluateChild, FINAL_EVALUATION } from '../training/evaluate.js';
import { recalibrate } from '../training/recalibrate.js';
import { trainStep } from '../training/train-step.js';
import { type SearchBatches } from './data.js';
import { createLearner, disposeLearner } from './session.js';
import { type LearnerSnapshot, restoreLearner, snapshotLearner } from './snapshot.js';

export interface StandAloneStep {
  /** Steps done so far. */
  readonly step: number;
  readonly loss: number;
  /** What to go on from; the tensors are borrowed. */
  snapshot(): LearnerSnapshot;
}

export interface StandAloneOptions {
  readonly epochs: number;
  /** Where an earlier attempt was left, after so many steps; takes ownership of the tensors. */
  readonly from?: { readonly step: number; readonly learner: LearnerSnapshot };
  /** Called after every step; what it throws ends the training. */
  readonly onStep?: (step: StandAloneStep) => void | Promise<void>;
}

/**
 * Trains from scratch as `retrain` of the configuration says, but for so many epochs and without the validation part, and evaluates
 * on the validation part. The same architecture, configuration and number of epochs give the same numbers, also where it was interrupted.
 */
export async function trainAlone<A>(
  space: SearchSpace<A>,
  architecture: A,
  config: Pick<SearchConfig, 'seed' | 'retrain'>,
  data: Pick<SearchBatches, 'train' | 'validation'>,
  { epochs, from, onStep }: StandAloneOptions,
): Promise<Evaluation> {
  const final = space.forRetraining();
  const child = createChild(final, architecture);
  const { train } = data;
  const learner = createLearner(final, `${config.seed}/alone`, { ...config.retrain, epochs }, train, [
    ...child.parameterNames,
    ...child.statisticNames,
  ]);
  try {
    if (from) restoreLearner(learner, from.learner);
    for (let step = from?.step ?? 0; step < epochs * train.steps; step++) {
      if (step % train.steps === 0) {
        tf.dispose(Object.values(learner.carried));
        learner.carried = {};
      }
      const { result, next } = carrying(
        train,
        learner.carried,
        { training: true, normalization: 'batch', seed: `${config.seed}/alone/${step}` },
        (mode) =>
          withBatch(train, Math.floor(step / train.steps), step % train.steps, (batch) =>
            trainStep({
              child,
              batch,
              mode,
              store: learner.store,
              trainer: learner.trainer,
              state: learner.state,
              step,
              smoothing: config.retrain.labelSmoothing,
            }),
          ),
      );
      learner.state = result.state;
      learner.carried = next;
      await onStep?.({ step: step + 1, loss: result.loss, snapshot: () => snapshotLearner(learner) });
    }
    const averaged = learner.trainer.evaluationParameters?.(learner.store.parameters, learner.state);
    if (averaged) learner.store.assign(averaged);
    recalibrate(child, learner.store, train, CALIBRATION_BATCHES);
    return evaluateChild(child, learner.store, data.validation, FINAL_EVALUATION);
  } finally {
    disposeLearner(learner);
  }
}

/** Batches whose statistics the trained network's normalization is set from. */
const CALIBRATION_BATCHES = 20;
