// Run it:  npx tsx --test my-proxy.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBackend, scoreNetwork, stream, type Tensor, tf } from 'weft-nas';
import { mlp } from 'weft-nas/search-spaces/mlp';
import myProxy from './my-proxy.js';

test('equal examples score zero, different ones more; the same seed gives the same score', async () => {
  await loadBackend('cpu');
  const space = mlp.create({ depth: 1, widths: [8] }, { inputShape: [2], classes: 3 });
  const network = space.sample(stream(1, 'test'));
  const labels = tf.zeros([4], 'int32');
  const score = (inputs: Tensor): number => scoreNetwork(space, network, [myProxy], { inputs, labels }, 1)[0]!;
  const different = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 9], [4, 2]);
  assert.ok(Math.abs(score(tf.ones([4, 2]))) < 1e-9);
  assert.ok(score(different) > 0);
  assert.equal(score(different), score(different));
});
