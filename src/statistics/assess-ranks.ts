/**
 * The uncertainty of a rank correlation estimated from n pairs. The standard error is the jackknife's (Tukey 1958); all
 * leave-one-out values are computed together from counts of concordant pairs in O(n log n), whereas as many resamples
 * would each require a sort. The interval is Student's on the arcsin scale, which nearly stabilizes the variance and
 * ends at ±1; association between two orders is tested by permutation. `test/statistics/level-ranks.test.ts` simulates
 * both.
 */
import { type Assessment, type AssessOptions, errorRate, type Interval } from './assess.js';
import { spearman } from './correlation.js';
import { kendallTau } from './kendall.js';
import { pairCounts } from './pair-counts.js';
import { independenceP } from './permutation.js';
import { ranksFromBest } from './selection.js';
import { twoSidedP, twoSidedQuantile } from './student-t.js';
import { tieSizes } from './ties.js';

/** With fewer pairs the interval of a rank correlation does not hold its level, and there is none. */
export const FEWEST_FOR_RANKS = 12;

/** With so few pairs no order is rarer than one in twenty: 2 of 4! = 24. */
const FEWEST_FOR_CLAIM = 5;

/** Correlations this close to ±1 are those of identical or reversed orders. */
const ROUNDING = 1e-12;

/** Kendall's tau-b tested against zero. */
export function assessTau(x: readonly number[], y: readonly number[], options: AssessOptions = {}): Assessment {
  const value = kendallTau(x, y);
  const interval = tauInterval(x, y, options);
  const alpha = errorRate(options);
  const p = independenceP(x, y);
  const clear = p <= alpha && !(interval && interval[0] <= 0 && 0 <= interval[1]);
  return {
    count: x.length,
    value,
    interval,
    p,
    claim: clear ? (value > 0 ? 'above' : 'below') : undefined,
    obstacle: clear ? undefined : x.length < FEWEST_FOR_CLAIM ? 'few' : Number.isNaN(value) ? 'constant' : 'chance',
    fewest: FEWEST_FOR_CLAIM,
  };
}

/**
 * Interval of Kendall's tau-b; undefined for fewer than twelve pairs, for identical or reversed orders, and if one side
 * is constant.
 */
export function tauInterval(
  x: readonly number[],
  y: readonly number[],
  options: AssessOptions = {},
): Interval | undefined {
  return intervalOf(kendallTau(x, y), () => tausWithoutEach(x, y), x.length, options);
}

/** Interval of Spearman's rho, undefined whenever `tauInterval` is. */
export function spearmanInterval(
  x: readonly number[],
  y: readonly number[],
  options: AssessOptions = {},
): Interval | undefined {
  return intervalOf(spearman(x, y), () => rhosWithoutEach(x, y), x.length, options);
}

/**
 * tau(truth, a) − tau(truth, b), both over the same pairs, so that shared variation cancels. The error is the
 * jackknife's of the difference, the interval Student's; a claim requires an interval that excludes zero. NaN if either
 * tau is.
 */
export function assessTauDifference(
  truth: readonly number[],
  a: readonly number[],
  b: readonly number[],
  options: AssessOptions = {},
): Assessment {
  return assessCorrelations(kendallTau, tausWithoutEach, truth, a, b, options);
}

/** The same for Spearman's rho. */
export function assessSpearmanDifference(
  truth: readonly number[],
  a: readonly number[],
  b: readonly number[],
  options: AssessOptions = {},
): Assessment {
  return assessCorrelations(spearman, rhosWithoutEach, truth, a, b, options);
}

type Correlation<T> = (x: readonly number[], y: readonly number[]) => T;

function assessCorrelations(
  correlation: Correlation<number>,
  withoutEach: Correlation<Float64Array>,
  truth: readonly number[],
  a: readonly number[],
  b: readonly number[],
  options: AssessOptions,
): Assessment {
  const count = truth.length;
  const value = correlation(truth, a) - correlation(truth, b);
  const alpha = errorRate(options);
  const differences = (): Float64Array => {
    const withoutB = withoutEach(truth, b);
    return withoutEach(truth, a).map((one, i) => one - withoutB[i]!);
  };
  const error = count < FEWEST_FOR_RANKS || Number.isNaN(value) ? NaN : jackknifeError(differences());
  const half = twoSidedQuantile(alpha, count - 1) * error;
  const known = error > ROUNDING;
  const clear = known && Math.abs(value) > half;
  return {
    count,
    value,
    interval: known ? [value - half, value + half] : undefined,
    p: known ? twoSidedP(value / error, count - 1) : NaN,
    claim: clear ? (value > 0 ? 'above' : 'below') : undefined,
    obstacle: clear ? undefined : count < FEWEST_FOR_RANKS ? 'few' : known ? 'chance' : 'constant',
    fewest: FEWEST_FOR_RANKS,
  };
}

function intervalOf(
  value: number,
  withoutEach: () => Float64Array,
  count: number,
  options: AssessOptions,
): Interval | undefined {
  if (count < FEWEST_FOR_RANKS || !(Math.abs(value) < 1 - ROUNDING)) return undefined;
  const error = jackknifeError(withoutEach()) / Math.sqrt(1 - value * value);
  if (!(error > 0)) return undefined;
  const [angle, half, right] = [Math.asin(value), twoSidedQuantile(errorRate(options), count - 1) * error, Math.PI / 2];
  return [Math.sin(Math.max(-right, angle - half)), Math.sin(Math.min(right, angle + half))];
}

function jackknifeError(values: Float64Array): number {
  const count = values.length;
  const centre = values.reduce((sum, value) => sum + value, 0) / count;
  return Math.sqrt(((count - 1) / count) * values.reduce((sum, value) => sum + (value - centre) ** 2, 0));
}

/** Kendall's tau-b of all pairs but the i-th, for every i. */
export function tausWithoutEach(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const count = x.length;
  const { lessX, greaterX, equalX } = pairCounts(x, y);
  const balance = new Float64Array(count);
  const untiedX = new Float64Array(count);
  const untiedY = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    balance[i] = lessX.lessY[i]! + greaterX.greaterY[i]! - lessX.greaterY[i]! - greaterX.lessY[i]!;
    untiedX[i] = count - 1 - equalX.lessY[i]! - equalX.equalY[i]! - equalX.greaterY[i]!;
    untiedY[i] = count - 1 - lessX.equalY[i]! - greaterX.equalY[i]! - equalX.equalY[i]!;
  }
  // Every pair was counted twice.
  const [all, allX, allY] = [balance, untiedX, untiedY].map(
    (counts) => counts.reduce((sum, one) => sum + one, 0) / 2,
  ) as [number, number, number];
  return balance.map((own, i) => (all - own) / Math.sqrt((allX - untiedX[i]!) * (allY - untiedY[i]!)));
}

/**
 * Spearman's rho of all pairs but the i-th, for every i: values ranked below it move up one rank, those tied with it
 * half a rank.
 */
export function rhosWithoutEach(x: readonly number[], y: readonly number[]): Float64Array {
  const count = x.length;
  const [ranksX, ranksY] = [ranksFromBest(x), ranksFromBest(y)];
  const counts = pairCounts(x, y);
  const { lessX, equalX } = counts;
  const products = ranksX.reduce((sum, rank, i) => sum + rank * ranksY[i]!, 0);
  const [lostX, lostY] = [lostProducts(x, ranksY), lostProducts(y, ranksX)];
  const [spreadX, spreadY] = [spreadsWithoutEach(x), spreadsWithoutEach(y)];
  // Ranks count from the best, so those with smaller values are the ones that move up.
  return Float64Array.from(x, (_, i) => {
    const both = lessX.lessY[i]! + (lessX.equalY[i]! + equalX.lessY[i]!) / 2 + equalX.equalY[i]! / 4;
    const sum = products - ranksX[i]! * ranksY[i]! - lostX[i]! - lostY[i]! + both;
    const covariance = sum - ((count - 1) * count * count) / 4;
    return covariance / Math.sqrt(spreadX[i]! * spreadY[i]!);
  });
}

/**
 * The amount that the others lose of sum(rank · other rank) when the i-th is left out: the other ranks of those behind
 * it, half of those tied with it.
 */
function lostProducts(values: readonly number[], otherRanks: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const lost = new Float64Array(values.length);
  let behind = 0;
  for (let start = 0, end; start < order.length; start = end) {
    let tied = 0;
    for (end = start; end < order.length && values[order[end]!] === values[order[start]!]; end++)
      tied += otherRanks[order[end]!]!;
    for (let at = start; at < end; at++) lost[order[at]!] = behind + (tied - otherRanks[order[at]!]!) / 2;
    behind += tied;
  }
  return lost;
}

/**
 * Sum of squared deviations of the ranks from their mean without the i-th: (n³ - n - sum(t³ - t)) / 12 over groups of t
 * ties.
 */
function spreadsWithoutEach(values: readonly number[]): Float64Array {
  const cubic = (n: number): number => n ** 3 - n;
  const sizes = tieSizes(values);
  const ties = [...sizes.values()].reduce((sum, size) => sum + cubic(size), 0);
  return Float64Array.from(values, (value) => {
    const size = sizes.get(value)!;
    return (cubic(values.length - 1) - (ties - cubic(size) + cubic(size - 1))) / 12;
  });
}
