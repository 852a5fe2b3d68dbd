/**
 * Evolution by generations, with which single-path supernets are searched (Guo et al. 2020, arXiv 1904.00420, algorithm
 * 1).
 */
import { bestScored, type ControllerSetting, drawValid, type Evaluated, finiteReward, type Rng, z } from 'weft-nas';

export const generationOptions = {
  parents: z
    .int()
    .min(1)
    .max(100_000)
    .default(10)
    .describe('number of best architectures so far from which each generation is made'),
  mutation: z.number().min(0).max(1).default(0.1).describe('probability that a mutated child changes a choice'),
};

export interface GenerationOptions {
  readonly parents: number;
  readonly mutation: number;
}

/**
 * The best `parents` of the previous ones and these; a second measurement of the same architecture replaces the first.
 */
export function selectParents<A>(
  space: ControllerSetting<A>['space'],
  before: readonly Evaluated<A>[],
  results: readonly Evaluated<A>[],
  { parents }: GenerationOptions,
): Evaluated<A>[] {
  results.forEach(finiteReward);
  return bestScored(space, [...before, ...results], parents);
}

/** A generation: first half crossovers of two parents, second half mutations of one; random without parents. */
export function nextGeneration<A>(
  space: ControllerSetting<A>['space'],
  parents: readonly Evaluated<A>[],
  count: number,
  { mutation }: GenerationOptions,
  rng: Rng,
): A[] {
  if (parents.length === 0) return Array.from({ length: count }, () => space.sample(rng));
  const genotypes = parents.map(({ architecture }) => space.genotype(architecture));
  const cross = (): number[] => {
    const [mother, father] = [rng.pick(genotypes), rng.pick(genotypes)];
    return mother.map((value, slot) => (rng.uniform() < 0.5 ? value : father[slot]!));
  };
  const mutate = (): number[] =>
    rng.pick(genotypes).map((value, slot) => (rng.uniform() < mutation ? rng.int(space.cardinalities[slot]!) : value));
  const crossed = Math.floor(count / 2);
  const draw =
    (make: () => number[]) =>
    (missing: number): A[] =>
      Array.from({ length: missing }, () => space.fromGenotype(make()));
  return [...drawValid(space, crossed, draw(cross)), ...drawValid(space, count - crossed, draw(mutate))];
}
