// Run it:  npx tsx --test my-optimizer.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBackend, mapNamed, optimizers, tf } from 'weft-nas';
import myOptimizer from './my-optimizer.js';

test('the first step goes down by the learning rate, whatever the size of the gradient', async () => {
  await loadBackend('cpu');
  const links = myOptimizer.create({ rate: 0.1 }, { stepsPerEpoch: 10, totalSteps: 10 });
  const trainer = optimizers.chain(...links);
  // The loss 3/2 w², whose gradient is 3 w, at w = 2 and w = -1.
  const { parameters } = trainer.step(
    (weights) => ({ loss: tf.scalar(0), gradients: mapNamed(weights, (w) => tf.mul(3, w)) }),
    { w: tf.tensor1d([2, -1]) },
    optimizers.emptyState,
    { step: 0 },
  );
  const [first = NaN, second = NaN] = Object.values(parameters).flatMap((w) => [...w.dataSync()]);
  assert.ok(Math.abs(first - 1.9) < 1e-6);
  assert.ok(Math.abs(second - -0.9) < 1e-6);
});

test('an option that does not exist is refused', () => {
  assert.throws(() => myOptimizer.create({ speed: 1 }, { stepsPerEpoch: 1, totalSteps: 1 }), /speed/);
});
