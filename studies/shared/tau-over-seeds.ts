/** Kendall's tau of supernets with several seeds, each of which scores the same cells. */
import { type Interval, kendallTau, mean, tausWithoutEach, twoSidedQuantile } from 'weft-nas';

/** The scores of the cells, by seed. */
type Scores = readonly (readonly number[])[];

export interface MeanOverSeeds {
  readonly value: number;
  /** Over other cells, for these seeds. */
  readonly interval: Interval | undefined;
  readonly bySeed: readonly number[];
}

/** The mean of tau(truth, scores) over seeds. */
export function tauOverSeeds(truth: readonly number[], scores: Scores): MeanOverSeeds {
  return overSeeds(
    scores.map((one) => kendallTau(truth, one)),
    scores.map((one) => tausWithoutEach(truth, one)),
  );
}

/** The mean over seeds of tau(truth, scores) − tau(truth, others), in pairs of one seed. */
export function tauDifferenceOverSeeds(truth: readonly number[], scores: Scores, others: Scores): MeanOverSeeds {
  const pair = <T>(of: (one: readonly number[]) => T): (readonly [T, T])[] =>
    scores.map((one, i) => [of(one), of(others[i]!)] as const);
  return overSeeds(
    pair((one) => kendallTau(truth, one)).map(([a, b]) => a - b),
    pair((one) => tausWithoutEach(truth, one)).map(([a, b]) => a.map((value, i) => value - b[i]!)),
  );
}

/**
 * The mean over seeds of a statistic of the cells, with the jackknife's 95 % interval over cells (Tukey 1958): how far
 * other cells would move it, not how far other seeds would, which `bySeed` shows.
 */
function overSeeds(bySeed: readonly number[], withoutEach: readonly Float64Array[]): MeanOverSeeds {
  const count = withoutEach[0]!.length;
  const means = Float64Array.from({ length: count }, (_, i) => mean(withoutEach.map((values) => values[i]!)));
  const centre = mean([...means]);
  const error = Math.sqrt(((count - 1) / count) * means.reduce((sum, value) => sum + (value - centre) ** 2, 0));
  const half = twoSidedQuantile(0.05, count - 1) * error;
  const value = mean(bySeed);
  return { value, interval: error > 1e-12 ? [value - half, value + half] : undefined, bySeed };
}
