/** How far predicted numbers are from the actual ones. */
import { type Interval } from './assess.js';
import { bootstrapIntervals, type BootstrapOptions } from './bootstrap.js';
import { largestOf, smallestOf } from './extremes.js';

export interface Estimated {
  readonly value: number;
  /** 95 % over test examples; absent for fewer than eight, and where nothing varies. */
  readonly interval?: Interval;
}

export interface RegressionMeasures {
  /** Root mean squared error, in the unit of the numbers. */
  readonly rmse: Estimated;
  /** Mean absolute error, likewise. */
  readonly mae: Estimated;
  /** 1 − Σ(y − ŷ)² / Σ(y − ȳ)²: the share of their variance that is predicted, below zero for predictions worse than their mean; absent if they do not vary. */
  readonly r2?: Estimated;
}

/** Differences of numbers of size 1 that are rounding alone. */
const ROUNDING = 1e-12;

/** Whether the numbers differ by more than rounding, so that something can be said of their variance. */
export function varies(values: ArrayLike<number>): boolean {
  const all = Array.from(values);
  const [smallest, largest] = [smallestOf(all), largestOf(all)];
  return largest - smallest > ROUNDING * Math.max(Math.abs(smallest), Math.abs(largest));
}

/** The measures of predictions ŷ of y, one number each, with bootstrap intervals. At least one example. */
export function regressionMeasures(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: BootstrapOptions,
): RegressionMeasures {
  const count = actual.length;
  // About a number near their mean, so that the squares do not cancel.
  const origin = Array.from(actual).reduce((sum, value) => sum + value / count, 0);
  const column = (value: (i: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => value(i));
  const columns = [
    column((i) => (actual[i]! - predicted[i]!) ** 2),
    column((i) => Math.abs(actual[i]! - predicted[i]!)),
    column((i) => actual[i]! - origin),
    column((i) => (actual[i]! - origin) ** 2),
  ];
  const statistics = {
    rmse: ([squared]: readonly number[]): number => Math.sqrt(Math.max(0, squared!)),
    mae: ([, absolute]: readonly number[]): number => absolute!,
    r2: ([squared, , first, second]: readonly number[]): number => 1 - squared! / (second! - first! ** 2),
  };
  const means = columns.map((values) => values.reduce((sum, value) => sum + value / count, 0));
  const intervals = bootstrapIntervals(columns, statistics, options);
  const estimated = (name: keyof typeof statistics): Estimated => ({
    value: statistics[name](means),
    ...(intervals[name] && { interval: intervals[name] }),
  });
  const r2 = estimated('r2');
  return { rmse: estimated('rmse'), mae: estimated('mae'), ...(varies(actual) && { r2 }) };
}
