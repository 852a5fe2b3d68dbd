/** Steps in which nothing moved, because a gradient at a perturbed point was no number. */
import { type SearchSession } from './session.js';

/** Counts the step if it was skipped, and warns at the first. */
export function noteSkipped({ emit, state }: SearchSession, metrics: Readonly<Record<string, number>>): void {
  if (!metrics['skipped']) return;
  if (state.skippedSteps === 0) emit({ type: 'warning', message: 'a gradient became no number at a perturbed point; such steps are skipped and counted' });
  state.skippedSteps++;
}
