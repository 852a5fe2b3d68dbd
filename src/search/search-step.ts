/** One training step within a search, which also updates the search state. */
import { learn, type LearnOptions } from '../training/learner.js';
import { type TrainStepResult } from '../training/train-step.js';
import { type SearchSession, type WatchedLearner } from './session.js';

/**
 * Trains the child on its batch, adds its loss to the sums of the epoch unless `isLogged` is false, and returns the
 * step's report.
 */
export function searchStep(
  { config, emit, state }: SearchSession,
  learner: WatchedLearner,
  purpose: 'search' | 'retrain',
  options: Omit<LearnOptions, 'seed' | 'smoothing'>,
  { isLogged = true }: { readonly isLogged?: boolean } = {},
): TrainStepResult {
  const result = learn(learner, {
    ...options,
    seed: `${config.seed}/${purpose}`,
    smoothing: config[purpose].labelSmoothing,
  });
  state.gradientEvaluations[purpose] += result.gradientEvaluations;
  if (isLogged) {
    state.lossSum += result.loss;
    state.lossCount++;
  }
  if (result.metrics['skipped']) {
    if (state.skippedSteps === 0)
      emit({
        type: 'warning',
        message: 'a gradient at a perturbed point was NaN or infinite; such steps change no weights and are counted',
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
