/**
 * Extremes of any number of values: `Math.max(...values)` throws a RangeError beyond some 125,000 of them, the limit on
 * the arguments of a call.
 */

/** The largest of the values and `least`, -Infinity by default; NaN if any value is. */
export function largestOf(values: Iterable<number>, least = -Infinity): number {
  let largest = least;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}

/** The smallest of the values and `most`, Infinity by default; NaN if any value is. */
export function smallestOf(values: Iterable<number>, most = Infinity): number {
  let smallest = most;
  for (const value of values) smallest = Math.min(smallest, value);
  return smallest;
}
