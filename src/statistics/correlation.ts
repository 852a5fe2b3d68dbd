/** Linear and monotone association of paired values. */
import { sampleCorrelation, sampleRankCorrelation } from 'simple-statistics';
import { checkPaired } from './paired.js';

/** Pearson's r; NaN for fewer than two pairs, and if one side is constant. */
export function pearson(x: readonly number[], y: readonly number[]): number {
  return correlate(sampleCorrelation, x, y);
}

/** Spearman's rho: Pearson's r of the ranks, with tied values sharing their mean rank; NaN whenever `pearson` is. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  return correlate(sampleRankCorrelation, x, y);
}

function correlate(
  coefficient: (x: number[], y: number[]) => number,
  x: readonly number[],
  y: readonly number[],
): number {
  if (checkPaired(x, y) < 2 || [...x, ...y].some(Number.isNaN)) return NaN;
  return coefficient([...x], [...y]);
}
