/** Two classifiers evaluated on the same examples. */
import { type Interval } from './assess.js';

const Z95 = 1.959964;

/**
 * How much larger the share of the first is, and a 95 % interval of that, from the examples where only one of both is
 * right: Wald's interval with half an example added to each cell of the table (Agresti & Min 2005, Statistics in
 * Medicine 24). Over examples, for these two trainings.
 */
export function pairedShareDifference(
  onlyFirst: number,
  onlySecond: number,
  count: number,
): { difference: number; interval: Interval } {
  const n = count + 2;
  const [first, second] = [onlyFirst + 0.5, onlySecond + 0.5];
  const centre = (first - second) / n;
  const half = (Z95 / n) * Math.sqrt(Math.max(0, first + second - (first - second) ** 2 / n));
  return {
    difference: (onlyFirst - onlySecond) / count,
    interval: [Math.max(-1, centre - half), Math.min(1, centre + half)],
  };
}
