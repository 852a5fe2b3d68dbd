/** Combining several rankers into one. */
import { WeftError } from '../errors.js';
import { ranksFromBest } from './selection.js';

/**
 * Σ over rankers of log(r / n), r the rank of the network from the worst of n, ties sharing their mean rank: a network
 * must be good by every ranker, since being last by one costs more than being first by another gains (as in AZ-NAS, Lee
 * & Ham 2024, arXiv 2403.19232, section 3.3). Larger is better. Throws WeftError('data') for lists of different
 * lengths.
 */
export function logRankSum(scores: readonly (readonly number[])[]): number[] {
  const count = scores[0]?.length ?? 0;
  if (scores.some((one) => one.length !== count))
    throw new WeftError(
      'data',
      'the rankers score different numbers of networks',
      'give each a score of every network',
    );
  const ranks = scores.map(ranksFromBest);
  return Array.from({ length: count }, (_, i) =>
    ranks.reduce((sum, of) => sum + Math.log((count + 1 - of[i]!) / count), 0),
  );
}
