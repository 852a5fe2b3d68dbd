/** A random forest: the usual choice for tabular data. */
import { mostProbable } from '../../statistics/index.js';
import { type Forest, growForest, meanAndDeviation } from '../../trees/index.js';
import { type Rows, type SimpleModel } from './contract.js';

const TREES = 30;

/** With at most this many columns, every split may use any of them. */
const FEW_COLUMNS = 4;

type Values = Pick<Rows, 'values' | 'count' | 'size'>;

/**
 * Thirty trees on bootstrap samples, each split chosen among two thirds of the columns, for row-major targets [count,
 * outputs].
 */
export function thirtyTrees(train: Values, targets: Float64Array, outputs: number, seed: number): Forest {
  const { size } = train;
  return growForest(train, targets, outputs, {
    trees: TREES,
    columns: size <= FEW_COLUMNS ? size : Math.round((2 * size) / 3),
    seed,
  });
}

/** The class with the most votes of the trees. */
export const randomForest: SimpleModel = (train, test, classes, seed) => {
  const targets = new Float64Array(train.count * classes);
  train.labels.forEach((label, i) => (targets[i * classes + label] = 1));
  const { mean } = meanAndDeviation(thirtyTrees(train, targets, classes, seed)(test), test.count * classes);
  return mostProbable(mean, test.count, classes);
};
