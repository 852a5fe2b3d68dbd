/** Simple models that are fitted to the same data and compared with a network. */
import { type Rows, type SimpleModel } from './contract.js';
import { randomForest } from './forest.js';
import { logisticRegression } from './logistic.js';
import { nearestNeighbours } from './neighbours.js';

export type { Rows } from './contract.js';
export { askValueModels, forestMean, linearRegression, neighbourMean, type ValueRows } from './values.js';
export { logisticRegression, nearestNeighbours, randomForest };

/** Each with its approximate number of multiply-adds; a model that would take too long is left out. */
const MODELS: readonly {
  readonly name: string;
  readonly fit: SimpleModel;
  affordable(train: Rows, test: Rows, classes: number): boolean;
}[] = [
  {
    name: 'logistic regression',
    fit: logisticRegression,
    affordable: ({ count, size }, _, classes) => count * size * classes <= 4e7,
  },
  {
    name: 'nearest neighbours',
    fit: nearestNeighbours,
    affordable: (train, test) => train.count * test.count * train.size <= 1e9,
  },
  {
    name: 'random forest',
    fit: randomForest,
    affordable: ({ count, size }, test) => size <= 50 && count * size <= 20_000 && test.count <= 20_000,
  },
];

/** The predicted class of each row of `test` from each affordable model. */
export function askSimpleModels(
  train: Rows,
  test: Rows,
  classes: number,
  seed: number,
): { name: string; called: Int32Array }[] {
  return MODELS.filter(({ affordable }) => affordable(train, test, classes)).map(({ name, fit }) => ({
    name,
    called: fit(train, test, classes, seed),
  }));
}
