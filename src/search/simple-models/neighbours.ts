/** Nearest neighbours. */
import { largestOf } from '../../statistics/extremes.js';
import { type Rows, type SimpleModel } from './contract.js';

const NEIGHBOURS = 5;

type Values = Pick<Rows, 'values' | 'count' | 'size'>;

/**
 * Calls `use` with the five nearest training rows of each row of `test` by Euclidean distance, the nearest first; the
 * array is overwritten by the next.
 */
export function eachNearest(train: Values, test: Values, use: (nearest: Int32Array, row: number) => void): void {
  const { size } = train;
  const k = Math.min(NEIGHBOURS, train.count);
  const nearest = new Int32Array(k);
  const distances = new Float64Array(k);
  for (let i = 0; i < test.count; i++) {
    distances.fill(Infinity);
    for (let row = 0; row < train.count; row++) {
      let distance = 0;
      for (let j = 0; j < size && distance < distances[k - 1]!; j++)
        distance += (test.values[i * size + j]! - train.values[row * size + j]!) ** 2;
      let at = k - 1;
      if (!(distance < distances[at]!)) continue;
      for (; at > 0 && distance < distances[at - 1]!; at--) {
        distances[at] = distances[at - 1]!;
        nearest[at] = nearest[at - 1]!;
      }
      distances[at] = distance;
      nearest[at] = row;
    }
    use(nearest, i);
  }
}

/**
 * The most frequent class among the five nearest training rows by Euclidean distance; ties go to the class of the
 * nearest.
 */
export const nearestNeighbours: SimpleModel = (train, test, classes) => {
  const called = new Int32Array(test.count);
  eachNearest(train, test, (nearest, i) => {
    const votes = new Int32Array(classes);
    for (const row of nearest) votes[train.labels[row]!]!++;
    const most = largestOf(votes);
    called[i] = train.labels[nearest.find((row) => votes[train.labels[row]!] === most)!]!;
  });
  return called;
};
