// Run it:  npx tsx --test my-data.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectDataset, type MemoryData } from 'weft-nas';
import myData from './my-data.js';

test('is the same each time, with examples of both classes', async () => {
  const [first, second] = [
    await collectDataset((await myData.load()) as MemoryData),
    await collectDataset((await myData.load()) as MemoryData),
  ];
  assert.deepEqual(first.classNames, ['left', 'right']);
  assert.deepEqual(first.inputShape, [1, 1, 2]);
  assert.equal(first.sources[0]?.sha256, second.sources[0]?.sha256);
});
