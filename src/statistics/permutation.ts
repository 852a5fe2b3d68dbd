/**
 * Two-sided tests that hold their level at any sample size, because they count arrangements instead of assuming a
 * distribution.
 */
import { stream } from '../tensor/rng.js';
import { kendallTau } from './kendall.js';
import { twoSidedP } from './student-t.js';
import { mean, standardError } from './summary.js';
import { tieSizes } from './ties.js';

/** Up to this many arrangements are enumerated; beyond it, arrangements are sampled. */
const COUNTED = 32_768;
const DRAWN = 1_999;
/** From this many values on, the t distribution agrees with the arrangements to the third decimal. */
const MANY = 200;
/** From this many pairs on, the normal approximation is as accurate as sampled orders. */
const MANY_PAIRS = 40;
/** Degrees of freedom at which Student's t is normal to six digits. */
const NEARLY_NORMAL = 1e6;
/** Sums of the same values in another order differ only by rounding. */
const ROUNDING = 1e-10;

/**
 * P value of mean zero, for values whose signs are exchangeable under it, as those of differences within pairs are
 * (Fisher 1935, section 21): the share of all 2^n ways to set the signs whose mean is at least as far from zero. Beyond
 * 16 values, 1,999 ways are drawn and the observed one is added (Phipson & Smyth 2010), the same draws for the same
 * number of values; from 200 values on it is the p value of Student's t.
 */
export function signFlipP(values: readonly number[]): number {
  const count = values.length;
  if (count === 0) return NaN;
  if (count > MANY) return twoSidedP(mean(values) / standardError(values), count - 1);
  const scale = values.reduce((sum, value) => sum + Math.abs(value), 0);
  const least = Math.abs(values.reduce((sum, value) => sum + value, 0)) - ROUNDING * scale;
  if (2 ** (count - 1) <= COUNTED) return shareOfSigns(values, least);
  const rng = stream(count, 'sign-flip');
  let extreme = 1;
  for (let draw = 0; draw < DRAWN; draw++) {
    let [sum, bits] = [0, 0];
    for (let i = 0; i < count; i++) {
      // Each draw provides the signs of 32 values.
      bits = i % 32 === 0 ? rng.int(2 ** 32) : bits >>> 1;
      sum += bits & 1 ? values[i]! : -values[i]!;
    }
    if (Math.abs(sum) >= least) extreme++;
  }
  return extreme / (DRAWN + 1);
}

/**
 * Fraction of the sign assignments whose sum is at least this far from zero. The first sign is fixed: flipping all of
 * them changes no distance.
 */
function shareOfSigns(values: readonly number[], least: number): number {
  const ways = 2 ** (values.length - 1);
  const signs = values.map(() => 1);
  let sum = values.reduce((total, value) => total + value, 0);
  let extreme = Math.abs(sum) >= least ? 1 : 0;
  // In Gray-code order, successive assignments differ in one sign.
  for (let way = 1; way < ways; way++) {
    const turned = 32 - Math.clz32(way & -way);
    signs[turned] = -signs[turned]!;
    sum += 2 * signs[turned] * values[turned]!;
    if (Math.abs(sum) >= least) extreme++;
  }
  return extreme / ways;
}

/**
 * P value of equal distributions of two independent samples: the fraction of all ways to divide the values among them
 * whose Welch t is at least as far from zero, which is asymptotically right for equal means of unequal distributions
 * too (Janssen 1997). If there are more than 32,768 ways, 1,999 are drawn as in `signFlipP`.
 */
export function exchangeP(first: readonly number[], second: readonly number[]): number {
  // The draws must not depend on the order of the samples or the sign of the values.
  const [a, b] = comesFirst(first, second) ? [first, second] : [second, first];
  const all = [...a, ...b];
  const centre = mean(all);
  const values = Float64Array.from(all, (value) => value - centre);
  const statistic = welchStatistic(values, a.length);
  const least = statistic(all.map((_, i) => i)) * (1 - ROUNDING);
  if (Number.isNaN(least)) return NaN;
  if (divisions(a.length, b.length) <= COUNTED) return shareOfDivisions(all.length, a.length, statistic, least);
  const rng = stream(all.length, 'exchange', a.length);
  let extreme = 1;
  const places = Uint32Array.from(all, (_, i) => i);
  for (let draw = 0; draw < DRAWN; draw++) {
    // The first of them in random order (Fisher-Yates), regardless of the previous order.
    for (let i = 0; i < a.length; i++) {
      const other = i + rng.int(places.length - i);
      [places[i], places[other]] = [places[other]!, places[i]!];
    }
    if (statistic(places) >= least) extreme++;
  }
  return extreme / (DRAWN + 1);
}

/**
 * Whether `a` is the shorter sample or, for equal lengths, has the smaller absolute value at the first index where they
 * differ.
 */
function comesFirst(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  const place = a.findIndex((value, i) => Math.abs(value) !== Math.abs(b[i]!));
  return place < 0 || Math.abs(a[place]!) < Math.abs(b[place]!);
}

/** Number of ways to divide n + m values into n and m. */
export function divisions(n: number, m: number): number {
  let ways = 1;
  for (let i = 1; i <= n; i++) ways = (ways * (m + i)) / i;
  return Math.round(ways);
}

/** |t| of the first `count` positions against the rest. */
function welchStatistic(values: Float64Array, count: number): (places: ArrayLike<number>) => number {
  const rest = values.length - count;
  let [total, totalSquares] = [0, 0];
  for (const value of values) {
    total += value;
    totalSquares += value * value;
  }
  return (places) => {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < count; i++) {
      const value = values[places[i]!]!;
      sum += value;
      squares += value * value;
    }
    const others = total - sum;
    const rounding = ROUNDING * totalSquares;
    const variance = (part: number, its: number, of: number): number =>
      Math.max(0, its - (part * part) / of) / ((of - 1) * of);
    const error = Math.sqrt(variance(sum, squares, count) + variance(others, totalSquares - squares, rest));
    const difference = Math.abs(sum / count - others / rest);
    if (error * error > rounding) return difference / error;
    return difference * difference > rounding ? Infinity : 0;
  };
}

function shareOfDivisions(
  total: number,
  count: number,
  statistic: (places: ArrayLike<number>) => number,
  least: number,
): number {
  let [ways, extreme] = [0, 0];
  const places = new Uint32Array(count);
  const choose = (from: number, place: number): void => {
    if (place === count) {
      ways++;
      if (statistic(places) >= least) extreme++;
      return;
    }
    for (let i = from; i <= total - (count - place); i++) {
      places[place] = i;
      choose(i + 1, place + 1);
    }
  };
  choose(0, 0);
  return extreme / ways;
}

/**
 * P value of independence of two orders: the fraction of orders of `y` whose |C - D| (concordant minus discordant
 * pairs, `kendallTau`) is at least that of the given one, from 1,999 draws. Beyond 40 pairs, by the normal
 * approximation with the variance under ties (Kendall 1970, chapter 5), corrected for continuity. NaN if one side is
 * constant.
 */
export function independenceP(x: readonly number[], y: readonly number[]): number {
  const tau = kendallTau(x, y);
  if (Number.isNaN(tau)) return NaN;
  if (x.length > MANY_PAIRS) return normalP(tau, x, y);
  const byX = x.map((_, i) => i).sort((a, b) => x[a]! - x[b]!);
  const [sortedX, sortedY] = [byX.map((i) => x[i]!), byX.map((i) => y[i]!)];
  const least = Math.abs(balanceOf(sortedX, sortedY));
  const rng = stream(x.length, 'independence');
  let extreme = 1;
  for (let draw = 0; draw < DRAWN; draw++) if (Math.abs(balanceOf(sortedX, rng.shuffle(sortedY))) >= least) extreme++;
  return extreme / (DRAWN + 1);
}

/** Concordant minus discordant pairs, with x ascending; for few values, counting every pair is faster than sorting. */
function balanceOf(x: readonly number[], y: readonly number[]): number {
  let balance = 0;
  for (let i = 1; i < x.length; i++) {
    const [own, other] = [x[i]!, y[i]!];
    for (let j = 0; j < i; j++) {
      if (x[j]! < own) balance += (y[j]! < other ? 1 : 0) - (y[j]! > other ? 1 : 0);
    }
  }
  return balance;
}

function normalP(tau: number, x: readonly number[], y: readonly number[]): number {
  const n = x.length;
  const [tiesX, tiesY] = [[...tieSizes(x).values()], [...tieSizes(y).values()]];
  const over = (ties: readonly number[], term: (size: number) => number): number =>
    ties.reduce((sum, size) => sum + term(size), 0);
  const two = (t: number): number => t * (t - 1);
  const three = (t: number): number => two(t) * (t - 2);
  const five = (t: number): number => two(t) * (2 * t + 5);
  const variance =
    (five(n) - over(tiesX, five) - over(tiesY, five)) / 18 +
    (over(tiesX, three) * over(tiesY, three)) / (9 * three(n)) +
    (over(tiesX, two) * over(tiesY, two)) / (2 * two(n));
  const untied = Math.sqrt(((two(n) - over(tiesX, two)) / 2) * ((two(n) - over(tiesY, two)) / 2));
  return twoSidedP(Math.max(0, Math.abs(tau) * untied - 1) / Math.sqrt(variance), NEARLY_NORMAL);
}
