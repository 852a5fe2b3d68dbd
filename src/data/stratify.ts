/** Stratified sampling: drawing parts of a data set in which every class keeps its share. */
import type { Rng } from '../tensor/rng.js';
import { largestOf } from '../statistics/extremes.js';
import { classCounts } from './dataset.js';

/**
 * How many of `total` each class gets: floor(total · count_c / Σ count), and one more each to the classes with the
 * largest remainders until the total is reached (ties: lowest class first).
 */
export function quotas(counts: ArrayLike<number>, total: number): Uint32Array {
  const all = Array.from(counts).reduce((sum, count) => sum + count, 0);
  // In integers, so that equal remainders compare equal.
  const scaled = Array.from(counts, (count) => total * count);
  const shares = Uint32Array.from(scaled, (product) => Math.floor(product / all));
  const missing = total - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = scaled.map((product, c) => ({ c, remainder: product % all }));
  byRemainder.sort((a, b) => b.remainder - a.remainder || a.c - b.c);
  for (const { c } of byRemainder.slice(0, missing)) shares[c]!++;
  return shares;
}

/** The members of `pool` (indices into `labels`) of each class, in the pool's order. */
export function byClass(pool: Uint32Array, labels: ArrayLike<number>, classes: number): Uint32Array[] {
  const groups = Array.from({ length: classes }, (): number[] => []);
  for (const index of pool) groups[labels[index]!]!.push(index);
  return groups.map((group) => Uint32Array.from(group));
}

export interface Draw {
  readonly taken: Uint32Array;
  readonly rest: Uint32Array;
}

/**
 * The shares, with one for each class that would get none although it has more than `reserve` examples; it is taken
 * from the class with the largest share.
 */
function represented(shares: Uint32Array, counts: ArrayLike<number>, reserve: number): Uint32Array {
  const result = shares.slice();
  for (let c = 0; c < result.length; c++) {
    if (result[c]! > 0 || counts[c]! <= reserve) continue;
    const largest = result.indexOf(largestOf(result));
    if (result[largest]! < 2) break;
    result[largest]!--;
    result[c]!++;
  }
  return result;
}

/**
 * Draws `total` of the pool at random, stratified by class, with at least one of each class that has more than
 * `reserve` examples; both parts are in ascending order.
 */
export function stratifiedDraw(
  pool: Uint32Array,
  labels: ArrayLike<number>,
  classes: number,
  { total, reserve = Infinity }: { readonly total: number; readonly reserve?: number },
  rng: Rng,
): Draw {
  const counts = classCounts(
    Array.from(pool, (index) => labels[index]!),
    classes,
  );
  return drawQuotas(pool, labels, represented(quotas(counts, total), counts, reserve), rng);
}

/** Draws `quota[c]` members of each class c at random. */
export function drawQuotas(pool: Uint32Array, labels: ArrayLike<number>, quota: ArrayLike<number>, rng: Rng): Draw {
  const groups = byClass(pool, labels, quota.length);
  const taken = new Set<number>();
  groups.forEach((group, c) => {
    const order = rng.permutation(group.length);
    for (let i = 0; i < quota[c]!; i++) taken.add(group[order[i]!]!);
  });
  return {
    taken: Uint32Array.from(taken).sort(),
    rest: pool.filter((index) => !taken.has(index)),
  };
}

/** 0..count-1. */
export const allIndices = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);
