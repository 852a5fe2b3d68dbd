// Run it:  npx tsx --test my-operation.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  catalogue,
  createChild,
  createParameterStore,
  defineSpace,
  identity,
  loadBackend,
  oneOf,
  tf,
  valueAndGradients,
  z,
} from 'weft-nas';
import myOperation from './my-operation.js';

// A network that is the operation and nothing else: its two outputs are the logits.
const space = defineSpace({
  name: 'one-operation',
  description: 'My operation, or nothing.',
  options: z.strictObject({}),
  choices: () => ({ first: oneOf(['mine', 'none']) }),
  graph: (g, { first }) => g.choose('first', first, { mine: myOperation({ slope: 0.5 }), none: identity() }, g.input),
}).create({}, { inputShape: [2], classes: 2 });

test('negative values are scaled by the slope, which has a gradient', async () => {
  await loadBackend('cpu');
  const network = createChild(space, { first: 'mine' });
  const { parameters, statistics } = createParameterStore(catalogue(space.supernet), 1);
  const x = tf.tensor2d([3, -4], [1, 2]);
  const mode = { training: true, normalization: 'batch' } as const;
  assert.deepEqual([...network.forward(parameters, statistics, x, mode).dataSync()], [3, -2]);
  // Of the sum of the outputs: the negative parts of the inputs.
  const { gradients } = valueAndGradients((now) => tf.sum(network.forward(now, statistics, x, mode)), parameters);
  assert.deepEqual([...gradients['first/mine/slope']!.dataSync()], [0, -4]);
});
