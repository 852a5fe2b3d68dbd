/** Nearest neighbours: what copying says. */
import { largestOf } from '../../statistics/extremes.js';
import { type SimpleModel } from './contract.js';

const NEIGHBOURS = 5;

/** The most frequent class of the five nearest training rows by Euclidean distance; of equally frequent ones that of the nearest. */
export const nearestNeighbours: SimpleModel = (train, test, classes) => {
  const { size } = train;
  const k = Math.min(NEIGHBOURS, train.count);
  const nearest = new Int32Array(k);
  const distances = new Float64Array(k);
  return Int32Array.from({ length: test.count }, (_, i) => {
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
    const votes = new Int32Array(classes);
    for (const row of nearest) votes[train.labels[row]!]!++;
    const most = largestOf(votes);
    return train.labels[nearest.find((row) => votes[train.labels[row]!] === most)!]!;
  });
};
