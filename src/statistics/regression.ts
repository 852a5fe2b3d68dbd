/** How far predicted numbers are from the actual ones. */
import { type Interval } from './assess.js';
import { bootstrapIntervals, type BootstrapOptions, type MeanFunction } from './bootstrap.js';
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
  /**
   * 1 − Σ(y − ŷ)² / Σ(y − ȳ)²: the share of their variance that is predicted, below zero for predictions worse than
   * their mean; absent if they do not vary.
   */
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

/** The measures of predictions ŷ of y, one number each, with studentized bootstrap intervals. At least one example. */
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
  const means = columns.map((values) => values.reduce((sum, value) => sum + value / count, 0));
  const [squared = 0, absolute = 0, first = 0, second = 0] = means;
  const intervals = bootstrapIntervals(columns, IN_LOGARITHMS, options);
  const back = (interval: Interval | undefined, to: (value: number) => number): { interval?: Interval } =>
    interval ? { interval: [to(interval[0]), to(interval[1])] } : {};
  const unexplained = back(intervals.unexplained, (value) => 1 - Math.exp(value)).interval;
  const r2: Estimated = {
    value: 1 - squared / (second - first ** 2),
    ...(unexplained && { interval: [unexplained[1], unexplained[0]] }),
  };
  return {
    rmse: { value: Math.sqrt(Math.max(0, squared)), ...back(intervals.rmse, Math.exp) },
    mae: { value: absolute, ...back(intervals.mae, Math.exp) },
    ...(varies(actual) && { r2 }),
  };
}

/**
 * Of the means of (y − ŷ)², |y − ŷ|, y and y²; errors are of the size of what they are errors of, so that logarithms
 * have the same everywhere.
 */
const IN_LOGARITHMS = {
  rmse: { value: ([squared]) => Math.log(squared!) / 2, gradient: ([squared]) => [1 / (2 * squared!)] },
  mae: { value: ([, absolute]) => Math.log(absolute!), gradient: ([, absolute]) => [0, 1 / absolute!] },
  unexplained: {
    value: ([squared, , first, second]) => Math.log(squared! / (second! - first! ** 2)),
    gradient([squared, , first, second]) {
      const variance = second! - first! ** 2;
      return [1 / squared!, 0, (2 * first!) / variance, -1 / variance];
    },
  },
} as const satisfies Readonly<Record<string, MeanFunction>>;
