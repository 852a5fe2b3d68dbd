/** For every pair (x, y), the number of others on each side of it, in O(n log n). */

export interface PairCounts {
  /** The number of others with smaller and with larger x, each by their y: less, equal, greater. */
  readonly lessX: Sides;
  readonly greaterX: Sides;
  /** The number of others with the same x. */
  readonly equalX: Sides;
}

export interface Sides {
  readonly lessY: Float64Array;
  readonly equalY: Float64Array;
  readonly greaterY: Float64Array;
}

/** Counts by a sweep over x from either end, with the y values seen so far in a binary indexed tree (Fenwick 1994). */
export function pairCounts(x: ArrayLike<number>, y: ArrayLike<number>): PairCounts {
  const order = Uint32Array.from({ length: x.length }, (_, i) => i).sort((a, b) => x[a]! - x[b]!);
  const places = denseRanks(y);
  const lessX = sweep(order, x, places);
  const greaterX = sweep(order.toReversed(), x, places);
  const counts = countsOf(places);
  const before = runningSum(counts);
  const equal = countsOf(denseRanks(x));
  const ranksX = denseRanks(x);
  const equalX = sides(x.length);
  for (let i = 0; i < x.length; i++) {
    const place = places[i]!;
    equalX.lessY[i] = before[place]! - counts[place]! - lessX.lessY[i]! - greaterX.lessY[i]!;
    equalX.greaterY[i] = x.length - before[place]! - lessX.greaterY[i]! - greaterX.greaterY[i]!;
    equalX.equalY[i] = equal[ranksX[i]!]! - 1 - equalX.lessY[i]! - equalX.greaterY[i]!;
  }
  return { lessX, greaterX, equalX };
}

/** For those that come earlier in the order and are not tied with it in x. */
function sweep(order: Uint32Array, x: ArrayLike<number>, places: Uint32Array): Sides {
  const result = sides(order.length);
  const tree = new Float64Array(order.length + 1);
  const upTo = (place: number): number => {
    let sum = 0;
    for (let i = place; i > 0; i -= i & -i) sum += tree[i]!;
    return sum;
  };
  for (let start = 0, end; start < order.length; start = end) {
    for (end = start; end < order.length && x[order[end]!] === x[order[start]!]; end++) {
      const i = order[end]!;
      const [below, notAbove] = [upTo(places[i]!), upTo(places[i]! + 1)];
      result.lessY[i] = below;
      result.equalY[i] = notAbove - below;
      result.greaterY[i] = start - notAbove;
    }
    for (let at = start; at < end; at++) {
      for (let i = places[order[at]!]! + 1; i < tree.length; i += i & -i) tree[i]!++;
    }
  }
  return result;
}

/** Index of each value among the distinct ones, from 0. */
function denseRanks(values: ArrayLike<number>): Uint32Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Uint32Array(values.length);
  for (let at = 1; at < order.length; at++)
    ranks[order[at]!] = ranks[order[at - 1]!]! + (values[order[at]!] === values[order[at - 1]!] ? 0 : 1);
  return ranks;
}

function countsOf(ranks: Uint32Array): Float64Array {
  const counts = new Float64Array(ranks.length);
  for (const rank of ranks) counts[rank]!++;
  return counts;
}

function runningSum(counts: Float64Array): Float64Array {
  let sum = 0;
  return counts.map((count) => (sum += count));
}

function sides(count: number): Sides {
  return {
    lessY: new Float64Array(count),
    equalY: new Float64Array(count),
    greaterY: new Float64Array(count),
  };
}
