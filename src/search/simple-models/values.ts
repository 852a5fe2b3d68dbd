/** Simple models that predict numbers, as those of `index.ts` predict classes. */
import { leastSquares } from '../../statistics/index.js';
import { meanAndDeviation } from '../../trees/index.js';
import { thirtyTrees } from './forest.js';
import { eachNearest } from './neighbours.js';

/** What a simple model of numbers is trained on, and asked about. */
export interface ValueRows {
  /** Row-major [count, size], normalized. */
  readonly values: Float32Array;
  /** The number to predict of each row. */
  readonly targets: Float64Array;
  readonly count: number;
  /** Numbers in a row. */
  readonly size: number;
}

/** Learns from `train` and gives a number for each row of `test`. */
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

/** Thirty trees on bootstrap samples, by their mean. */
export const forestMean: ValueModel = (train, test, seed) =>
  meanAndDeviation(thirtyTrees(train, train.targets, 1, seed)(test), test.count).mean;

const listRows = ({ values, count, size }: ValueRows): number[][] =>
  Array.from({ length: count }, (_, i) => [...values.subarray(i * size, (i + 1) * size)]);

/** Each with the multiply-adds, about, above which it is left out because it would take too long. */
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

/** The number that each affordable model gives for each row of `test`. */
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
