// Run it:  npx tsx --test my-space.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue, createChild, createParameterStore, loadBackend, stream, tf } from 'weft-nas';
import mySpace from './my-space.js';

const space = mySpace.create({ blocks: 2, filters: 4 }, { inputShape: [8, 8, 1], classes: 3 });

test('every architecture has a text that gives it back', () => {
  const rng = stream(1, 'test');
  for (let i = 0; i < 20; i++) {
    const architecture = space.sample(rng);
    assert.deepEqual(space.decode(space.encode(architecture)), architecture);
  }
});

test('networks give a logit for each class', async () => {
  await loadBackend('cpu');
  const { parameters, statistics } = createParameterStore(catalogue(space.supernet), 1);
  const images = tf.ones([5, 8, 8, 1]);
  for (const architecture of [space.sample(stream(2, 'test')), space.sample(stream(3, 'test'))]) {
    const network = createChild(space, architecture);
    const logits = network.forward(parameters, statistics, images, { training: false, normalization: 'running' });
    assert.deepEqual(logits.shape, [5, 3]);
  }
});
