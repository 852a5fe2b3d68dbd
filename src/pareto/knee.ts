/** The point of a front where more of one goal begins to cost much of another. */
import { largestOf, smallestOf } from '../statistics/extremes.js';
import { checkPoints, type Point } from './dominance.js';

/**
 * Index of the knee: the point nearest to the best values of all objectives together, each goal scaled to 0..1 over the
 * front (the ideal point of compromise programming, Zeleny 1973). The only point of a front of one; undefined for none.
 */
export function kneeOf(front: readonly Point[]): number | undefined {
  checkPoints(front);
  if (front.length === 0) return undefined;
  const goals = front[0]!.map((_, goal) => {
    const values = front.map((point) => point[goal]!);
    return { low: smallestOf(values), high: largestOf(values) };
  });
  const distances = front.map((point) =>
    Math.hypot(...goals.map(({ low, high }, goal) => (high > low ? (point[goal]! - low) / (high - low) : 0))),
  );
  return distances.indexOf(smallestOf(distances));
}
