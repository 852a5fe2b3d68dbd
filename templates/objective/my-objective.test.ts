// Run it:  npx tsx --test my-objective.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stream } from 'weft-nas';
import { mlp } from 'weft-nas/search-spaces/mlp';
import myObjective from './my-objective.js';

const networkOf = (depth: number) => {
  const space = mlp.create({ depth, widths: [8] }, { inputShape: [2], classes: 3 });
  return space.forRetraining().activate(space.sample(stream(1, 'test')));
};

test('a deeper network has more operations, and small ones can be left out', () => {
  const { value, direction } = myObjective.create({}, {});
  assert.equal(direction, 'less');
  assert.ok(value(networkOf(3)) > value(networkOf(1)));
  const large = myObjective.create({ fewest: 1e6 }, {});
  assert.equal(large.value(networkOf(3)), 0);
});

test('an option that does not exist is refused', () => {
  assert.throws(() => myObjective.create({ most: 1 }, {}), /most/);
});
