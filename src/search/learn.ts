/** One training step within a search: what shared weights and the found network have in common. */
import { type BatchSource, withBatch } from '../training/batch.js';
import { carrying } from '../training/carried.js';
import { trainStep, type TrainStepInput } from '../training/train-step.js';
import { type Child } from '../supernet/child.js';
import { tf } from '../tensor/tf.js';
import { type StepReport } from './forgetting/watch.js';
import { type Learner, type SearchSession } from './session.js';

export interface Lesson {
  /** Who learns: names the random masks, and what is counted. */
  readonly purpose: 'search' | 'retrain';
  readonly child: Child;
  readonly source: BatchSource;
  readonly epoch: number;
  readonly step: number;
  /** Steps of this purpose so far, for schedules. */
  readonly globalStep: number;
  /** What else acts on the weights. */
  readonly company?: Pick<TrainStepInput, 'others' | 'beside'> | undefined;
}

/** Trains the child on its batch, adds to the sums of the epoch, and returns what the step tells. */
export function learn(
  session: SearchSession,
  learner: Learner,
  { purpose, child, source, epoch, step, globalStep, company }: Lesson,
): StepReport {
  const { config, emit, state } = session;
  if (step === 0) {
    tf.dispose(Object.values(learner.carried));
    learner.carried = {};
  }
  const { result, next } = carrying(
    source,
    learner.carried,
    { training: true, normalization: 'batch', seed: `${config.seed}/${purpose}/${globalStep}` },
    (mode) =>
      withBatch(source, epoch, step, (batch) =>
        trainStep({
          child,
          batch,
          mode,
          store: learner.store,
          trainer: learner.trainer,
          state: learner.state,
          step: globalStep,
          smoothing: config[purpose].labelSmoothing,
          ...company,
        }),
      ),
  );
  learner.state = result.state;
  learner.carried = next;
  state.gradientEvaluations[purpose] += result.gradientEvaluations;
  state.lossSum += result.loss;
  state.lossCount++;
  if (result.metrics['skipped']) {
    if (state.skippedSteps === 0)
      emit({
        type: 'warning',
        message: 'a gradient at a perturbed point was no number; such steps move nothing and are counted',
      });
    state.skippedSteps++;
  }
  for (const note of result.notes) {
    if (state.notes.includes(note)) continue;
    state.notes.push(note);
    emit({ type: 'warning', message: note });
  }
  return result;
}
