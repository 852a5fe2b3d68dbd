/** Errors of predicted numbers. */
import { type Interval } from './assess.js';
import { bootstrapIntervals, type BootstrapOptions, type MeanFunction } from './bootstrap.js';
import { largestOf, smallestOf } from './extremes.js';

export interface Estimated {
  readonly value: number;
  /** 95 % over test examples; absent for fewer than eight, and if nothing varies. */
  readonly interval?: Interval;
}

export interface RegressionMeasures {
  /** Root mean squared error, in the unit of the numbers. */
  readonly rmse: Estimated;
  /** Mean absolute error, likewise. */
  readonly mae: Estimated;
  /**
   * 1 − Σ(y − ŷ)² / Σ(y − ȳ)²: the fraction of their variance that is explained, negative for predictions worse than
   * their mean; absent if they do not vary.
   */
  readonly r2?: Estimated;
}

/** Relative differences below this are rounding errors. */
const ROUNDING = 1e-12;

/** Whether the values differ by more than rounding, so that their variance is meaningful. */
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
  // About a value near their mean, so that the squares do not suffer cancellation.
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
 * As functions of the means of (y − ŷ)², |y − ŷ|, y and y²; errors scale with the quantity they measure, so that those
 * of logarithms are homogeneous.
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
