/**
 * Small elastic spaces, of which a search trains every network often: each is compiled after its first few steps, so
 * that most steps cost less than the first ones.
 */
import { largestEpochsOf } from './sandwich.js';
import { type SearchSession } from './session.js';

/** Runs of a network from which its first ones no longer count. */
const OFTEN = 8;
/** Steps of which a measurement repeats the networks. */
const REPEATED = 4;

/**
 * Where every network recurs: how many times as many networks the space has as the repeated steps train. Undefined
 * elsewhere. `steps`: those of the search.
 */
export function recurringNetworks({ config, data, space }: SearchSession, steps: number): number | undefined {
  const between = Math.max(0, (config.search.elastic?.networks ?? 0) - 2);
  if (between === 0 || data.train.steps <= REPEATED + 1) return undefined;
  const networks = Number(space.size());
  if (steps * between < OFTEN * networks) return undefined;
  return Math.max(1, networks / (REPEATED * between));
}

/** Sets the next step of the search to one of the repeated ones, after epochs in which only the largest is trained. */
export function repeatSteps({ config, state }: SearchSession, done: number): void {
  const step = done === 0 ? 0 : 1 + ((done - 1) % REPEATED);
  Object.assign(state, { epoch: largestEpochsOf(config.search), step, globalStep: step });
}
