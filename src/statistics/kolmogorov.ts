/** Tests whether two samples come from the same distribution. */

/** Largest distance between the empirical distribution functions of two samples (Smirnov 1939), in 0..1. */
export function smirnovDistance(a: readonly number[], b: readonly number[]): number {
  const [left, right] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j, distance] = [0, 0, 0];
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i]!, right[j]!);
    while (left[i] === value) i++; // undefined at the end
    while (right[j] === value) j++;
    distance = Math.max(distance, Math.abs(i / left.length - j / right.length));
  }
  return distance;
}

/**
 * The distance that samples from the same distribution exceed in 1 % of cases, for large samples: 1.628 √((n + m) / (n
 * m)).
 */
export function smirnovLimit(n: number, m: number): number {
  return 1.628 * Math.sqrt((n + m) / (n * m));
}
