/** Two classifiers evaluated on the same examples. */
import { type Interval } from './assess.js';

const Z95 = 1.959964;

/**
 * The difference of the first proportion minus the second with a 95 % interval, from the examples where exactly one is
 * correct: Wald's interval with half an example added to each cell of the table (Agresti & Min 2005, Statistics in
 * Medicine 24). The interval covers variation over examples, for these two training runs.
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
