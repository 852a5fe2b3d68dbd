/**
 * PA&DA, importance sampling of paths and of data (Lu et al. 2023, arXiv 2302.14772): options whose weights have had
 * large gradients are drawn more often, and so are examples whose outputs were far from their label, both increasingly
 * as training proceeds:
 *
 *     p_o = t·ḡ_o/Σḡ + (1 − t)/n    q_i = t·s_i/Σs + (1 − t)/N    s_i = ‖softmax(z_i) − y_i‖₂
 *
 * with ḡ_o the mean gradient norm of an option in earlier epochs and t = strength·epoch/epochs. The published code
 * omits the weights that make the expected gradient that of uniform draws; here a drawn path is weighted by u/P in the
 * loss (u its uniform probability), an example by 1/(N·q_i).
 */
import { WeftError } from '../../errors.js';
import { type SearchSpace } from '../../graph/define-space.js';
import { firstPlace } from '../../statistics/bisect.js';
import { type Rng } from '../../tensor/rng.js';
import { MOST_LISTED } from './unique-networks.js';

/** How architectures are drawn, and the weights that make the mean over draws that of uniform ones. */
export interface PathDistribution<A = unknown> {
  sample(rng: Rng): A;
  probability(architecture: A): number;
  /** u/P: the uniform probability over that of this distribution. */
  weight(architecture: A): number;
}

/**
 * Draws each slot's value by its shares. If only some architectures are allowed (`listed`), each is drawn in proportion
 * to the product of its shares, so that the probabilities sum to one.
 */
export function pathDistribution<A>(
  space: SearchSpace<A>,
  shares: readonly (readonly number[])[],
  listed?: readonly A[],
): PathDistribution<A> {
  const productOf = (architecture: A): number =>
    space.genotype(architecture).reduce((product, value, slot) => product * shares[slot]![value]!, 1);
  if (!listed) {
    const uniform = space.cardinalities.map((count) => 1 / count);
    return {
      sample: (rng) => space.fromGenotype(shares.map((row) => drawn(row, rng))),
      probability: productOf,
      weight: (architecture) =>
        space
          .genotype(architecture)
          .reduce((product, value, slot) => product * (uniform[slot]! / shares[slot]![value]!), 1),
    };
  }
  const products = listed.map(productOf);
  const total = products.reduce((sum, product) => sum + product, 0);
  const sums = cumulative(products);
  return {
    sample: (rng) => listed[place(sums, rng.uniform())]!,
    probability: (architecture) => productOf(architecture) / total,
    weight: (architecture) => total / (listed.length * productOf(architecture)),
  };
}

/**
 * The architectures that may be drawn, if not all combinations of options. Throws WeftError('config') if there are too
 * many to list.
 */
export function listedBy<A>(space: SearchSpace<A>): readonly A[] | undefined {
  if (space.constraints.length === 0) return undefined;
  const size = space.cardinalities.reduce((product, count) => product * BigInt(count), 1n);
  if (size > MOST_LISTED)
    throw new WeftError(
      'config',
      `search.remedies.importance weights paths by their probability, which is unknown because of the limits of '${space.name}': it has ${size} architectures`,
      'leave out the limits, or set search.remedies.importance.paths to false',
    );
  return [...space.enumerate()];
}

/**
 * The share of each option of a slot. An option without weights has no gradient, and one that was never drawn has none
 * yet: both count as the mean of the others.
 */
export function optionShares(norms: readonly (number | undefined)[], t: number): number[] {
  const known = norms.filter((norm) => norm !== undefined);
  const mean = known.length > 0 ? known.reduce((sum, norm) => sum + norm, 0) / known.length : 0;
  const filled = norms.map((norm) => norm ?? mean);
  return mixed(filled, t);
}

/** t·x/Σx + (1 − t)/n; uniform if all are 0. */
export function mixed(values: readonly number[], t: number): number[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  const uniform = 1 / values.length;
  return values.map((value) => (total > 0 ? t * (value / total) + (1 - t) * uniform : uniform));
}

/** Draws examples independently with these probabilities; returns 1/(N·q) of each. */
export function drawExamples(
  probabilities: ArrayLike<number>,
  sums: Float64Array,
  count: number,
  rng: Rng,
): { places: Uint32Array; weights: Float32Array } {
  const places = Uint32Array.from({ length: count }, () => place(sums, rng.uniform()));
  return {
    places,
    weights: Float32Array.from(places, (at) => 1 / (probabilities.length * probabilities[at]!)),
  };
}

/** Cumulative sums of values, normalized so that the last is 1. */
export function cumulative(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sums[i] = sum += values[i]!;
  return sums.map((value) => value / sum);
}

const drawn = (row: readonly number[], rng: Rng): number => place(cumulative(row), rng.uniform());

/** The first index whose cumulative sum is above u. */
const place = (sums: Float64Array, u: number): number => firstPlace(sums.length - 1, (at) => sums[at]! > u);
