/**
 * Forgetting within an epoch of a search: every architecture is measured right after its own training and again at the
 * end of the epoch. The difference is second - first of a loss or an error, so that positive means forgotten (Benyahia,
 * Yu et al. 2019); of an accuracy, FV = second - first, it would be the negative.
 */
import { largestOf } from '../../statistics/extremes.js';
import { kendallTau, mean, median, quantile, standardDeviation } from '../../statistics/index.js';

export interface Measured {
  /** Loss or error right after training. */
  readonly first: number;
  /** The same at the end of the epoch. */
  readonly second: number;
}

export interface DifferenceSummary {
  readonly count: number;
  readonly meanDiff: number;
  /** NaN for one architecture. */
  readonly standardDeviation: number;
  readonly medianDiff: number;
  readonly p95Diff: number;
  readonly maxDiff: number;
  /** Mean over the five architectures with the lowest first measurement. */
  readonly best5Diff: number;
  readonly meanFirst: number;
  readonly meanSecond: number;
  /** Kendall's tau-b of first and second measurement: whether forgetting changes the order. */
  readonly tau: number;
}

/** How many of the best are considered. */
const BEST = 5;

/** Summary statistics of an epoch's differences; NaN if there are none. */
export function summarizeDifferences(measured: readonly Measured[]): DifferenceSummary {
  const differences = measured.map(difference);
  const best = [...measured].sort((a, b) => a.first - b.first).slice(0, BEST);
  return {
    count: measured.length,
    meanDiff: mean(differences),
    standardDeviation: standardDeviation(differences),
    medianDiff: median(differences),
    p95Diff: quantile(differences, 0.95),
    maxDiff: differences.length > 0 ? largestOf(differences) : NaN,
    best5Diff: mean(best.map(difference)),
    meanFirst: mean(measured.map(({ first }) => first)),
    meanSecond: mean(measured.map(({ second }) => second)),
    tau: kendallTau(
      measured.map(({ first }) => first),
      measured.map(({ second }) => second),
    ),
  };
}

/** Second minus first: positive means forgotten. */
export function difference({ first, second }: Measured): number {
  return second - first;
}

/**
 * 1 - mean(regularized) / mean(baseline): the share of forgetting that a regularizer has removed. Undefined if the
 * baseline's own forgetting is not above two standard errors, because then there is nothing to remove.
 */
export function reduction(baseline: readonly number[], regularized: readonly number[]): number | undefined {
  const base = mean(baseline);
  const error = standardDeviation(baseline) / Math.sqrt(baseline.length);
  if (!(base > 2 * error)) return undefined;
  return 1 - mean(regularized) / base;
}
