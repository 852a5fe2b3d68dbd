import { expect } from 'chai';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCells } from '../../src/studies/cells.js';

describe('cells of a study', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-cells-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are measured once for all that they depend on, also by another process, until the study is done', async () => {
    let count = 0;
    const measure = (): { count: number } => ({ count: ++count });
    const cells = openCells(folder);
    expect(await cells.measured({ method: 'kfac', interval: 1 }, measure)).to.deep.equal({ count: 1 });
    expect(await cells.measured({ method: 'kfac', interval: 10 }, measure)).to.deep.equal({ count: 2 });
    expect(await openCells(folder).measured({ method: 'kfac', interval: 1 }, measure)).to.deep.equal({ count: 1 });
    cells.clear();
    expect(readdirSync(folder)).to.deep.equal([]);
    expect(await cells.measured({ method: 'kfac', interval: 1 }, measure)).to.deep.equal({ count: 3 });
    cells.clear();
    cells.clear();
  });

  it('that were not measured to their end are not kept', async () => {
    const cells = openCells(folder);
    let failure: unknown;
    await cells.measured('a', () => Promise.reject(new Error('stopped'))).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(Error);
    expect(await cells.measured('a', () => 5)).to.equal(5);
    cells.clear();
  });
});
