/** A random forest: what most people would take for a table. */
import { RandomForestClassifier } from 'ml-random-forest';
import { type Rows, type SimpleModel } from './contract.js';

const TREES = 30;

/** Of so few columns every tree has all. */
const FEW_COLUMNS = 4;

/** Thirty trees on bootstrap samples, each with two thirds of the columns, by majority. */
export const randomForest: SimpleModel = (train, test, _classes, seed) => {
  const forest = new RandomForestClassifier({
    nEstimators: TREES,
    maxFeatures: train.size <= FEW_COLUMNS ? train.size : Math.round((2 * train.size) / 3),
    replacement: false,
    useSampleBagging: true,
    noOOB: true,
    seed: seed % 2 ** 31,
  });
  forest.train(rowsOf(train), [...train.labels]);
  return Int32Array.from(forest.predict(rowsOf(test)));
};

const rowsOf = ({ values, count, size }: Rows): number[][] =>
  Array.from({ length: count }, (_, i) => [...values.subarray(i * size, (i + 1) * size)]);
