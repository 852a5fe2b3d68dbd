// Run it:  npx tsx --test my-chapter.test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SearchEvent } from 'weft-nas';
import myChapter from './my-chapter.js';

const epoch = (loss: number): SearchEvent => ({ type: 'weights-epoch', epoch: 0, loss }) as SearchEvent;

test('two epochs give a sentence and a table, one gives nothing', () => {
  assert.equal(myChapter.content({ events: [epoch(2)] }), undefined);
  const content = myChapter.content({ events: [epoch(2), epoch(1)] });
  assert.match(content?.text?.[0] ?? '', /2\.000, and 1\.000/);
  assert.deepEqual(content?.tables?.[0]?.rows, [
    [1, 2],
    [2, 1],
  ]);
});
