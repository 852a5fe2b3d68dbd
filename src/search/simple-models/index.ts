/** Simple models of the same data, with which a network is compared. */
import { type Rows, type SimpleModel } from './contract.js';
import { randomForest } from './forest.js';
import { logisticRegression } from './logistic.js';
import { nearestNeighbours } from './neighbours.js';

export type { Rows } from './contract.js';
export { askValueModels, forestMean, linearRegression, neighbourMean, type ValueRows } from './values.js';
export { logisticRegression, nearestNeighbours, randomForest };

/** Each with the multiply-adds, about, above which it is left out because it would take too long. */
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

/** The class that each affordable model gives to each row of `test`. */
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
