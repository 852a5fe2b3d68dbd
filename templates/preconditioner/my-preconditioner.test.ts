// Run it:  npx tsx --test my-preconditioner.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBackend, mapNamed, optimizers, tf } from 'weft-nas';
import myPreconditioner from './my-preconditioner.js';

test('the first step is the gradient over the root of its own square', async () => {
  await loadBackend('cpu');
  const link = myPreconditioner.create({ decay: 0.75, damping: 1 }, { stepsPerEpoch: 10, totalSteps: 10 });
  const trainer = optimizers.chain(link, optimizers.scaleByLearningRate(optimizers.constant(1)));
  const { parameters } = trainer.step(
    (weights) => ({ loss: tf.scalar(0), gradients: mapNamed(weights, () => tf.tensor1d([4, -1])) }),
    { w: tf.tensor1d([0, 0]) },
    optimizers.emptyState,
    { step: 0 },
  );
  // √((1 - 0.75)·16) = 2 and √((1 - 0.75)·1) = 0.5, both with the damping of 1.
  const [first = NaN, second = NaN] = Object.values(parameters).flatMap((w) => [...w.dataSync()]);
  assert.ok(Math.abs(first - -4 / 3) < 1e-6);
  assert.ok(Math.abs(second - 1 / 1.5) < 1e-6);
});
