// Run it:  npx tsx --test my-controller.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stream } from 'weft-nas';
import { mlp } from 'weft-nas/search-spaces/mlp';
import myController from './my-controller.js';

const space = mlp.create({ depth: 2, widths: [4, 8, 16] }, { inputShape: [2], classes: 2 });
type Architecture = ReturnType<typeof space.sample>;
const encoded = (architectures: readonly Architecture[]): string[] => architectures.map((one) => space.encode(one));

test('proposals are neighbours of the best architecture so far', () => {
  const controller = myController.create({ restarts: 0 }, { space, seed: 1 });
  const rng = stream(1, 'test');
  const results = controller.propose(4, rng).map((architecture, i) => ({ architecture, reward: i === 2 ? 0.9 : 0.1 }));
  assert.deepEqual(controller.observe(results), { best: 0.9 });
  const near = new Set(encoded(space.neighbours(results[2]!.architecture)));
  for (const proposal of encoded(controller.propose(10, rng))) assert.ok(near.has(proposal));
});

test('continues from a snapshot with the same proposals, and the same seed gives the same', () => {
  const first = myController.create({}, { space, seed: 1 });
  const rng = stream(2, 'test');
  first.observe(first.propose(3, rng).map((architecture, i) => ({ architecture, reward: i })));
  const second = myController.create({}, { space, seed: 1 });
  second.restore(first.snapshot());
  assert.deepEqual(encoded(second.propose(5, stream(3, 'same'))), encoded(first.propose(5, stream(3, 'same'))));
});
