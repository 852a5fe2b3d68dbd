/** Simple regression models, the counterparts of the classifiers in `index.ts`. */
import { leastSquares } from '../../statistics/index.js';
import { meanAndDeviation } from '../../trees/index.js';
import { thirtyTrees } from './forest.js';
import { eachNearest } from './neighbours.js';

/** The rows that a simple regression model is trained or tested on. */
export interface ValueRows {
  /** Row-major [count, size], normalized. */
  readonly values: Float32Array;
  /** The target of each row. */
  readonly targets: Float64Array;
  readonly count: number;
  /** Number of values per row. */
  readonly size: number;
}

/** Trains on `train` and returns a prediction for each row of `test`. */
export type ValueModel = (train: ValueRows, test: ValueRows, seed: number) => Float64Array;

/** The mean of the training targets, whatever the row. */
export const meanValue: ValueModel = (train, test) =>
  new Float64Array(test.count).fill(train.targets.reduce((sum, value) => sum + value / train.count, 0));

/** Ordinary least squares with a constant; the shortest coefficients where columns depend on each other. */
export const linearRegression: ValueModel = (train, test) => {
  const withOne = (rows: ValueRows): number[][] => listRows(rows).map((row) => [...row, 1]);
  const { coefficients } = leastSquares(withOne(train), [...train.targets]);
  return Float64Array.from(withOne(test), (row) => row.reduce((sum, value, j) => sum + value * coefficients[j]!, 0));
};

/** The mean of the five nearest training rows by Euclidean distance. */
export const neighbourMean: ValueModel = (train, test) => {
  const predicted = new Float64Array(test.count);
  eachNearest(train, test, (nearest, i) => {
    for (const row of nearest) predicted[i]! += train.targets[row]! / nearest.length;
  });
  return predicted;
};

/** The mean of thirty trees on bootstrap samples. */
export const forestMean: ValueModel = (train, test, seed) =>
  meanAndDeviation(thirtyTrees(train, train.targets, 1, seed)(test), test.count).mean;

const listRows = ({ values, count, size }: ValueRows): number[][] =>
  Array.from({ length: count }, (_, i) => [...values.subarray(i * size, (i + 1) * size)]);

/** Each with its approximate number of multiply-adds; a model that would take too long is left out. */
const MODELS: readonly {
  readonly name: string;
  readonly fit: ValueModel;
  affordable(train: ValueRows, test: ValueRows): boolean;
}[] = [
  {
    name: 'linear regression',
    fit: linearRegression,
    affordable: ({ count, size }) => size <= 300 && count * size * size <= 1e9,
  },
  {
    name: 'nearest neighbours',
    fit: neighbourMean,
    affordable: (train, test) => train.count * test.count * train.size <= 1e9,
  },
  {
    name: 'random forest',
    fit: forestMean,
    affordable: ({ count, size }, test) => size <= 50 && count * size <= 20_000 && test.count <= 20_000,
  },
];

/** The prediction for each row of `test` from each affordable model. */
export function askValueModels(
  train: ValueRows,
  test: ValueRows,
  seed: number,
): { name: string; predicted: Float64Array }[] {
  return MODELS.filter(({ affordable }) => affordable(train, test)).map(({ name, fit }) => ({
    name,
    predicted: fit(train, test, seed),
  }));
}
