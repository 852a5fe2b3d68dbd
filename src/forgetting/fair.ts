/**
 * Strict fairness: each update uses architectures that together contain every option equally often, so nothing is
 * trained after anything else.
 */
import { largestOf } from '../statistics/extremes.js';
import { z } from 'zod';
import { type SearchSpace } from '../graph/define-space.js';
import { type Rng, stream } from '../tensor/rng.js';
import { regularizer } from './regularizer.js';
import { replay } from './replaying.js';

export const fair = regularizer({
  name: 'fair',
  formula: 'mean of L over m architectures per step, among which every option of a choice occurs equally often',
  cost: 'm forward and backward passes each step',
  reference: 'Chu et al. 2021 (FairNAS), arXiv 1907.01845',
  schema: z.strictObject({
    name: z.literal('fair'),
    accumulate: z
      .int()
      .min(0)
      .max(10_000)
      .default(0)
      .describe('architectures per step; 0 for as many as the largest choice has options, 1 changes nothing'),
  }),
  create({ accumulate }, { seed, space }) {
    const count = accumulate === 0 ? largestOf(space.cardinalities) : accumulate;
    return replay<null>({
      name: 'fair',
      strength: count > 1 ? count : 0,
      initial: null,
      mixture: (architecture, _state, step) =>
        fairGroup(space, architecture, count, stream(seed, 'fair', step)).map((member) => ({
          architecture: member,
          weight: 1 / count,
        })),
    });
  },
});

/**
 * `count` architectures, the given one first: every choice cycles through its options in its own random order.
 * Constraints may require other draws.
 */
export function fairGroup(space: SearchSpace, first: string, count: number, rng: Rng): string[] {
  const start = space.genotype(space.decode(first));
  const orders = space.cardinalities.map((cardinality, slot) => {
    const others = rng.shuffle(
      Array.from({ length: cardinality }, (_, option) => option).filter((option) => option !== start[slot]),
    );
    return [start[slot]!, ...others];
  });
  return Array.from({ length: count }, (_, i) => {
    if (i === 0) return first;
    const genotype = orders.map((order) => order[i % order.length]!);
    try {
      return space.encode(space.validate(space.fromGenotype(genotype)));
    } catch {
      return space.encode(space.sample(rng));
    }
  });
}
