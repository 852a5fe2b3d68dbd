// Run it:  npx tsx --test my-regularizer.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type forgetting, loadBackend, type NamedTensors, stream, tf } from 'weft-nas';
import { mlp } from 'weft-nas/search-spaces/mlp';
import myRegularizer from './my-regularizer.js';

const space = mlp.create({ depth: 1, widths: [4] }, { inputShape: [2], classes: 2 });
const create = (): forgetting.Regularizer => myRegularizer.create({ strength: 0.25 }, { seed: 1, space });
const trained = (w: number): forgetting.TrainedArchitecture => ({
  architecture: space.encode(space.sample(stream(1, 'test'))),
  parameterNames: ['w'],
  parameters: { w: tf.tensor1d([w]) },
  fisher: () => ({}),
});
const settled = (regularizer: forgetting.Regularizer, w: number): number[] => {
  const weights: NamedTensors = { w: tf.tensor1d([w]) };
  const after = regularizer.settle?.({ before: weights, after: weights, learningRate: 0.1 }) ?? {};
  return Object.values(after).flatMap((tensor) => [...tensor.dataSync()]);
};

test('weights go a part of the way back to where the last architecture has left them', async () => {
  await loadBackend('cpu');
  const regularizer = create();
  assert.deepEqual(settled(regularizer, 4), []); // nothing is known yet
  regularizer.remember(trained(2));
  assert.deepEqual(settled(regularizer, 4), [3.5]);
});

test('it continues from a snapshot, and keeps no tensor behind', async () => {
  await loadBackend('cpu');
  const [first, second] = [create(), create()];
  first.remember(trained(2));
  second.restore(first.snapshot());
  assert.deepEqual(settled(second, 4), settled(first, 4));
  const before = tf.memory().numTensors;
  first.dispose();
  second.dispose();
  assert.equal(tf.memory().numTensors, before - 2);
});
