/** Agreement between two orders. */
import { checkPaired } from './paired.js';

/**
 * Kendall's tau-b of paired values: (C - D) / sqrt((n0 - tx) (n0 - ty)) with C concordant and D discordant among the n0
 * pairs, tx and ty of them tied in x and in y (Kendall 1945); NaN if one side is constant. In O(n log n) by Knight's
 * method (1966): sort by x, then count the exchanges that sort y.
 */
export function kendallTau(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const count = checkPaired(x, y);
  if (hasNaN(x) || hasNaN(y)) return NaN;
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => x[a]! - x[b]! || y[a]! - y[b]!);
  const byX = Float64Array.from(order, (i) => x[i]!);
  const byBoth = Float64Array.from(order, (i) => y[i]!);
  const pairs = choose2(count);
  const tiedX = tiedPairs(count, (i) => byX[i] === byX[i - 1]);
  const tiedBoth = tiedPairs(count, (i) => byX[i] === byX[i - 1] && byBoth[i] === byBoth[i - 1]);
  const discordant = sortCounting(byBoth);
  const tiedY = tiedPairs(count, (i) => byBoth[i] === byBoth[i - 1]);
  const concordantLessDiscordant = pairs - tiedX - tiedY + tiedBoth - 2 * discordant;
  return concordantLessDiscordant / Math.sqrt((pairs - tiedX) * (pairs - tiedY));
}

/** Number of pairs within runs of equal neighbours. */
function tiedPairs(count: number, equalsBefore: (index: number) => boolean): number {
  let pairs = 0;
  let run = 1;
  for (let i = 1; i <= count; i++) {
    if (i < count && equalsBefore(i)) run++;
    else {
      pairs += choose2(run);
      run = 1;
    }
  }
  return pairs;
}

/** Merge sort in place; returns the number of inversions. */
function sortCounting(values: Float64Array): number {
  let source: Float64Array = values;
  let target: Float64Array = new Float64Array(values.length);
  let exchanges = 0;
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length);
      const end = Math.min(start + 2 * width, values.length);
      let [left, right] = [start, middle];
      for (let i = start; i < end; i++) {
        if (left < middle && (right >= end || source[left]! <= source[right]!)) target[i] = source[left++]!;
        else {
          target[i] = source[right++]!;
          exchanges += middle - left;
        }
      }
    }
    [source, target] = [target, source];
  }
  if (source !== values) values.set(source);
  return exchanges;
}

function hasNaN(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

function choose2(n: number): number {
  return (n * (n - 1)) / 2;
}
