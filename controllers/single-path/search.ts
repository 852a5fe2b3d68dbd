/**
 * The common part of the single-path strategies: everything except sampling the architectures whose weights are
 * trained.
 */
import {
  type Controller,
  type ControllerSetting,
  decodeScored,
  encodeScored,
  type Evaluated,
  populationMetrics,
  type ScoredText,
} from 'weft-nas';
import { type GenerationOptions, nextGeneration, selectParents } from './generations.js';

/** A controller that evolves architectures from the best that it has seen; `sample` is the caller's. */
export function evolvingSearch<A>(
  options: GenerationOptions,
  { space }: ControllerSetting<A>,
): Omit<Controller<A>, 'sample' | 'snapshot' | 'restore'> & {
  parents(): readonly ScoredText[];
  adopt(parents: readonly ScoredText[]): void;
} {
  let parents: Evaluated<A>[] = [];
  return {
    propose: (count, rng) => nextGeneration(space, parents, count, options, rng),
    observe(results) {
      parents = selectParents(space, parents, results, options);
      return populationMetrics(parents);
    },
    derive(count, rng) {
      const best = parents.slice(0, count).map(({ architecture }) => architecture);
      return [...best, ...nextGeneration(space, parents, count - best.length, options, rng)];
    },
    parents: () => encodeScored(space, parents),
    adopt(texts) {
      parents = decodeScored(space, texts);
    },
    dispose() {},
  };
}
