/**
 * Regularized evolution (Real et al. 2019, arXiv 1802.01548, algorithm 1): the best of a random sample of the
 * population gets a mutated child, and the oldest member is removed, however good it is.
 */
import {
  bestScored,
  type Controller,
  type ControllerSetting,
  decodeScored,
  defineController,
  drawUniform,
  encodeScored,
  type Evaluated,
  finiteReward,
  populationMetrics,
  type Rng,
  type ScoredText,
  z,
} from 'weft-nas';

const options = z.strictObject({
  population: z.int().min(1).max(100_000).default(50).describe('members'),
  sample: z
    .int()
    .min(1)
    .max(100_000)
    .default(10)
    .describe('members drawn with replacement, the best of which becomes a parent'),
});

export const evolution = defineController({
  name: 'evolution',
  description: 'Regularized evolution: tournaments, mutation, and the oldest is removed.',
  options,
  warmStart: true,
  create: createEvolution,
});

function createEvolution<A>(
  { population, sample }: z.output<typeof options>,
  { space, start }: ControllerSetting<A>,
): Controller<A> {
  /** Oldest first. */
  let members: Evaluated<A>[] = [];

  const child = (rng: Rng): A => {
    let parent = rng.pick(members);
    for (let i = 1; i < sample; i++) {
      const rival = rng.pick(members);
      if (rival.reward > parent.reward) parent = rival;
    }
    return space.mutate(parent.architecture, rng);
  };

  return {
    sample: (count, rng) => drawUniform(space, count, rng),
    propose: (count, rng) =>
      Array.from({ length: count }, (_, i) =>
        members.length === 0 || members.length + i < population
          ? (start?.(members.length + i) ?? space.sample(rng))
          : child(rng),
      ),
    observe(results) {
      results.forEach(finiteReward);
      members = [...members, ...results].slice(-population);
      return populationMetrics(members);
    },
    derive(count, rng) {
      const best = bestScored(space, members, count).map(({ architecture }) => architecture);
      return [
        ...best,
        ...Array.from({ length: count - best.length }, () => (members.length > 0 ? child(rng) : space.sample(rng))),
      ];
    },
    snapshot: () => ({ tensors: {}, state: encodeScored(space, members) }),
    restore({ state }) {
      members = decodeScored(space, state as unknown as readonly ScoredText[]);
    },
    dispose() {},
  };
}

export default evolution;
