// Run it:  npx tsx --test my-study.test.ts
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runStudy } from 'weft-nas';
import myStudy from './my-study.js';

test('counts what it has drawn, and leaves a report', async () => {
  const out = mkdtempSync(join(tmpdir(), 'my-study-'));
  try {
    const finished = await runStudy(myStudy, { options: { samples: 5 }, out, backend: 'cpu' });
    assert.ok(finished);
    const [count] = finished.rows;
    assert.ok(Number(count?.measured) <= 5);
    assert.ok(finished.files.includes(join(out, 'report.html')));
  } finally {
    rmSync(out, { recursive: true });
  }
});
