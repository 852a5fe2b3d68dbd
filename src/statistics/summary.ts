/** Summary statistics of a sample; NaN if there are too few values. */
import { mean as meanOf, quantileSorted, sampleStandardDeviation } from 'simple-statistics';

export function mean(values: readonly number[]): number {
  return values.length > 0 ? meanOf(values) : NaN;
}

/** The p-quantile of a sample, interpolated linearly (definition 7 of Hyndman & Fan 1996, NumPy's). */
export function quantile(values: ArrayLike<number>, p: number): number {
  // A typed array sorts numerically.
  const sorted = Float64Array.from(values).sort();
  return sorted.length > 0 ? quantileSorted(sorted as unknown as number[], p) : NaN;
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Sample standard deviation, with n - 1. */
export function standardDeviation(values: readonly number[]): number {
  return values.length > 1 ? sampleStandardDeviation(values) : NaN;
}

/** Standard error of the mean. */
export function standardError(values: readonly number[]): number {
  return standardDeviation(values) / Math.sqrt(values.length);
}
