/**
 * Trains the derived architecture from scratch on the training and validation part together, or on the training part
 * only if the validation part is needed for decisions.
 */
import { recalibrate } from '../../training/recalibrate.js';
import { countNamed } from '../../tensor/named.js';
import { createChild } from '../../supernet/child.js';
import { evaluateChild, SHARED_EVALUATION } from '../../training/evaluate.js';
import { adoptEvaluationWeights, createLearner, observeValidation } from '../../training/learner.js';
import { adoptBestEpoch, watchEpoch } from '../kept-epoch.js';
import { guessingLoss } from '../objective.js';
import { searchStep } from '../search-step.js';
import { trackSharpness } from '../sharpness.js';
import { warmStart } from '../warm-start.js';
import { type Retrained, compileOf, retrainEpochs, type SearchSession, trainingOf } from '../session.js';

/** Number of batches for the finished network's normalization statistics. */
const CALIBRATION_BATCHES = 20;

/** One training step of the derived child; after the last epoch its batch statistics are fixed. */
export function retrain(session: SearchSession): void {
  const { data, state, emit } = session;
  const begins = !session.retrained;
  const learner = (session.retrained ??= startRetraining(session));
  const { epoch, step } = state;
  if (begins) {
    const start = warmStart(session, learner);
    if (start) {
      state.warmStart = start;
      emit({ type: 'warm-start', ...start });
    }
  }
  const globalStep = epoch * data.retrain.steps + step;
  if (globalStep === 0) {
    emit({
      type: 'retrain-started',
      architecture: learner.child.encoding,
      parameters: countNamed(learner.store.parameters),
      epochs: retrainEpochs(session),
      stepsPerEpoch: data.retrain.steps,
      examples: data.retrain.count,
      ...(state.warmStart && { start: state.warmStart.from }),
    });
  }
  trackSharpness(session, learner, globalStep);
  searchStep(session, learner, 'retrain', {
    child: learner.child,
    source: data.retrain,
    epoch,
    step,
    globalStep,
    due: retrainEpochs(session) * data.retrain.steps - globalStep,
  });
  state.step++;
  if (state.step < data.retrain.steps) return;
  const watched = watchEpoch(session, learner, epoch);
  emit({
    type: 'retrain-epoch',
    epoch,
    loss: state.lossSum / state.lossCount,
    learningRate: learner.trainer.learningRate(globalStep),
    ...(watched && { validation: watched.validation }),
  });
  observeValidation(
    learner,
    () => evaluateChild(learner.child, learner.store, data.validation, SHARED_EVALUATION).loss,
  );
  const last = epoch + 1 === retrainEpochs(session) || watched?.stop === true;
  if (last) warnOfDivergence(session, state.lossSum / state.lossCount);
  Object.assign(state, { lossSum: 0, lossCount: 0, step: 0, epoch: epoch + 1 });
  if (last) endRetraining(session, learner);
}

/** Ends retraining between two epochs, with the weights so far, and moves on to the test. */
export function endRetraining(session: SearchSession, learner: Retrained): void {
  const { data, state, emit } = session;
  // Known if epochs are compared.
  if (state.bestEpoch)
    emit({
      type: 'retrain-kept',
      epoch: learner.best ? state.bestEpoch.epoch : state.epoch - 1,
      epochs: state.epoch,
      stopped: state.epoch < retrainEpochs(session),
    });
  if (!adoptBestEpoch(learner)) adoptEvaluationWeights(learner);
  recalibrate(learner.child, learner.store, data.plain, CALIBRATION_BATCHES);
  state.phase = 'test';
}

/** Warns of a finite loss far above that of guessing, so that the accuracy is not mistaken for a result. */
function warnOfDivergence({ emit, space }: SearchSession, loss: number): void {
  const guessing = guessingLoss(space.task);
  if (loss <= DIVERGED * guessing) return;
  emit({
    type: 'warning',
    message: `training has diverged: its mean loss in the last epoch is ${loss.toPrecision(3)}, that of guessing is ${guessing.toPrecision(3)}; lower the learning rate`,
  });
}

/** Multiple of the loss of guessing. */
const DIVERGED = 2;

/** Fresh weights for the derived architecture, in the space with the options for retraining. */
export function startRetraining(session: SearchSession): Retrained {
  const { config, data, own, space, state, noteCompiled } = session;
  const final = space.forRetraining();
  const child = createChild(final, final.decode(state.derived!.architecture));
  const learner = createLearner(final, `${config.seed}/retrain`, {
    compile: { ...compileOf(config), note: noteCompiled },
    ...trainingOf({ ...config.retrain, epochs: retrainEpochs(session) }, data.retrain, own),
    child,
  });
  return { ...learner, space: final, child };
}
