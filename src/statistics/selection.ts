/**
 * The quality of selection by estimated scores, evaluated against true scores: P@topK, P@bottomK, BR@K and WR@K (Ning
 * et al., NeurIPS 2021, section 3). K is a fraction of the M architectures; the best k = K M of them (rounded, at least
 * one) are the top. If scores tie across that boundary, the value is the mean over all orders of the tied ones.
 */
import { smallestOf } from './extremes.js';
import { checkPaired } from './paired.js';

/** Fraction of the estimated best k that are among the true best k; larger scores are better. */
export function precisionAtTop(truth: readonly number[], estimate: readonly number[], share: number): number {
  const chosen = chosenCount(checkPaired(truth, estimate), share);
  const byTruth = membership(truth, chosen);
  return membership(estimate, chosen).reduce((sum, member, i) => sum + member * byTruth[i]!, 0) / chosen;
}

/** The same for the worst k. */
export function precisionAtBottom(truth: readonly number[], estimate: readonly number[], share: number): number {
  return precisionAtTop(
    truth.map((score) => -score),
    estimate.map((score) => -score),
    share,
  );
}

/**
 * Best true rank among the estimated best k, as a fraction of M: 1/M if it includes the overall best. Lower is better.
 */
export function bestRankAt(truth: readonly number[], estimate: readonly number[], share: number): number {
  return extremeRank(truth, estimate, share, (ranks) => ranks);
}

/** Worst true rank among the estimated best k, as a fraction of M. Lower is better. */
export function worstRankAt(truth: readonly number[], estimate: readonly number[], share: number): number {
  return -extremeRank(truth, estimate, share, (ranks) => ranks.map((rank) => -rank));
}

/** Rank of each score, 1 for the largest; ties share their mean rank. */
export function ranksFromBest(scores: readonly number[]): number[] {
  const order = bestFirst(scores);
  const ranks: number[] = Array.from(scores, () => 0);
  for (let start = 0, end; start < order.length; start = end) {
    for (end = start + 1; end < order.length && scores[order[end]!] === scores[order[start]!];) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end + 1) / 2;
  }
  return ranks;
}

/** Expected minimum of `sign(ranks)` over the chosen, divided by M. */
function extremeRank(
  truth: readonly number[],
  estimate: readonly number[],
  share: number,
  sign: (ranks: readonly number[]) => readonly number[],
): number {
  const count = checkPaired(truth, estimate);
  const members = membership(estimate, chosenCount(count, share));
  const ranks = sign(ranksFromBest(truth));
  const certain = smallestOf(ranks.filter((_, i) => members[i] === 1));
  const tied = ranks.filter((_, i) => members[i]! > 0 && members[i]! < 1).sort((a, b) => a - b);
  if (tied.length === 0) return certain / count;
  // A random subset of `drawn` of the tied ones is chosen; its minimum is the i-th smallest with this probability.
  const drawn = Math.round(tied.length * members.find((member) => member > 0 && member < 1)!);
  let expected = 0;
  let noneBefore = 1;
  tied.forEach((rank, i) => {
    const taken = Math.min(1, drawn / (tied.length - i));
    expected += noneBefore * taken * Math.min(rank, certain);
    noneBefore *= 1 - taken;
  });
  return expected / count;
}

/** Probability that each is among the `chosen` largest when ties are broken at random. */
function membership(scores: readonly number[], chosen: number): number[] {
  // A typed array sorts numerically.
  const border = Float64Array.from(scores).sort()[scores.length - chosen]!;
  let above = 0;
  let tied = 0;
  for (const score of scores) {
    if (score > border) above++;
    else if (score === border) tied++;
  }
  return scores.map((score) => (score > border ? 1 : score === border ? (chosen - above) / tied : 0));
}

/** Indices in descending order of score. */
export function bestFirst(scores: readonly number[]): number[] {
  return scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
}

/** The number of items, out of `count`, in the share: at least one. */
export function chosenCount(count: number, share: number): number {
  return Math.min(count, Math.max(1, Math.round(share * count)));
}
