/** A random forest: what most people would take for a table. */
import { RandomForestClassifier } from 'ml-random-forest';
import { type Rows, type SimpleModel } from './contract.js';

const TREES = 30;

/** Of so few columns every tree has all. */
const FEW_COLUMNS = 4;

/** Thirty trees on bootstrap samples, each with two thirds of the columns. */
export const forestOptions = (
  size: number,
  seed: number,
): {
  nEstimators: number;
  maxFeatures: number;
  replacement: boolean;
  useSampleBagging: boolean;
  noOOB: boolean;
  seed: number;
} => ({
  nEstimators: TREES,
  maxFeatures: size <= FEW_COLUMNS ? size : Math.round((2 * size) / 3),
  replacement: false,
  useSampleBagging: true,
  noOOB: true,
  seed: seed % 2 ** 31,
});

/** The same, by majority. */
export const randomForest: SimpleModel = (train, test, _classes, seed) => {
  const forest = new RandomForestClassifier(forestOptions(train.size, seed));
  forest.train(listRows(train), [...train.labels]);
  return Int32Array.from(forest.predict(listRows(test)));
};

export const listRows = ({ values, count, size }: Pick<Rows, 'values' | 'count' | 'size'>): number[][] =>
  Array.from({ length: count }, (_, i) => [...values.subarray(i * size, (i + 1) * size)]);
