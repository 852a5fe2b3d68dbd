/** A strategy whose proposals are the best of many that it would have made. */
import { type SearchSpace } from '../graph/define-space.js';
import { type Controller } from './contract.js';

export interface ProposalFilter<A> {
  /** Architectures that the strategy is asked for in place of each one that is proposed. */
  readonly draws: number;
  /** A score of each of these different architectures, more being better, as compared with each other. */
  score(architectures: readonly A[]): ArrayLike<number>;
}

interface FilterState {
  readonly controller: ReturnType<Controller['snapshot']>['state'];
  readonly evaluated: readonly string[];
}

/**
 * The controller asked for `draws` times as many architectures, of which those with the best scores are proposed, best
 * first; of equal ones the one that it named first. What was evaluated before comes after all others, because mutations
 * of the same few parents would bring the same best one back. The strategy hears of what was evaluated alone. Sampling
 * for training and the final choice are its own.
 */
export function filterProposals<A>(
  inner: Controller<A>,
  space: Pick<SearchSpace<A>, 'encode'>,
  { draws, score }: ProposalFilter<A>,
): Controller<A> {
  let evaluated = new Set<string>();
  const { preferences } = inner;
  return {
    ...(inner.relaxation && { relaxation: inner.relaxation }),
    ...(preferences && { preferences: (rng) => inner.preferences!(rng) }),
    sample: (count, rng) => inner.sample(count, rng),
    propose(count, rng) {
      if (count === 0) return inner.propose(0, rng);
      const drawn = inner.propose(count * draws, rng);
      const different = [...new Map(drawn.map((one) => [space.encode(one), one])).entries()];
      const scores = score(different.map(([, architecture]) => architecture));
      const old = different.map(([text]) => evaluated.has(text));
      const best = different
        .map((_, i) => i)
        .sort((a, b) => Number(old[a]) - Number(old[b]) || scores[b]! - scores[a]! || a - b)
        .slice(0, count)
        .map((i) => different[i]![1]);
      // A strategy may have nothing else to propose than what it has proposed already.
      return [...best, ...drawn.slice(0, count - best.length)];
    },
    observe(results) {
      for (const { architecture } of results) evaluated.add(space.encode(architecture));
      return inner.observe(results);
    },
    derive: (count, rng) => inner.derive(count, rng),
    snapshot() {
      const { tensors, state } = inner.snapshot();
      return { tensors, state: { controller: state, evaluated: [...evaluated] } satisfies FilterState };
    },
    restore({ tensors, state }) {
      const saved = state as unknown as FilterState;
      evaluated = new Set(saved.evaluated);
      inner.restore({ tensors, state: saved.controller });
    },
    dispose: () => inner.dispose(),
  };
}
