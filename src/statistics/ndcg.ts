/** Ranking quality weighted towards the top of an order. */
import { checkPaired } from './paired.js';
import { largestOf, smallestOf } from './extremes.js';
import { bestFirst } from './selection.js';

/**
 * Normalized discounted cumulative gain of the estimated best k of n (Järvelin & Kekäläinen 2002): Σ_{i ≤ k} (2^r_i −
 * 1) / log2(i + 1) over the estimated order, divided by that of the true order. The relevance r is the true score
 * scaled to 0..1 over the sample, so that the unit of the truth does not matter; tied estimates share the mean of their
 * gains. In 0..1, 1 for an order whose first k are the true first k; NaN if all true scores are equal.
 */
export function ndcg(truth: readonly number[], estimate: readonly number[], k = truth.length): number {
  const count = checkPaired(truth, estimate);
  const gains = relevanceGains(truth);
  const shown = Math.min(count, Math.max(1, Math.round(k)));
  return discounted(gains, estimate, shown) / discounted(gains, truth, shown);
}

/**
 * 2^r − 1 with the relevance r of each score: its position in 0..1 between the smallest and the largest; NaN if all are
 * equal.
 */
export function relevanceGains(truth: readonly number[]): number[] {
  const [low, high] = [smallestOf(truth), largestOf(truth)];
  return truth.map((score) => (high > low ? 2 ** ((score - low) / (high - low)) - 1 : NaN));
}

function discounted(gains: readonly number[], scores: readonly number[], shown: number): number {
  const order = bestFirst(scores);
  let sum = 0;
  for (let start = 0, end; start < shown; start = end) {
    let [gain, weight] = [0, 0];
    for (end = start; end < order.length && scores[order[end]!] === scores[order[start]!]; end++) {
      gain += gains[order[end]!]!;
      if (end < shown) weight += 1 / Math.log2(end + 2);
    }
    sum += (gain / (end - start)) * weight;
  }
  return sum;
}
