import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { loadStudy } from '../../src/api/registry.js';
import { type Parts, runStudy } from '../../src/studies/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { temporaryFolder } from '../runs/temporary.js';

const parts: Parts = { space: () => Promise.resolve(nasBench201), controller: () => Promise.resolve(random) };

describe('the study of zero-cost proxies', function () {
  this.timeout(30_000);
  const folder = temporaryFolder(this);
  before(() => loadBackend('cpu'));

  it('compares its scores with those of a table, and names a missing table', async () => {
    const table = join(folder(), 'table.csv');
    const cells = ['(0, 0, 0, 0, 0, 0)', '(3, 3, 3, 3, 3, 3)', '(2, 2, 2, 2, 2, 2)', '(2, 0, 4, 1, 3, 0)'];
    writeFileSync(table, `net,val_accs,params,nwot\n${cells.map((cell, i) => `"${cell}",${80 + i},${i},${i}\n`).join('')}`); // prettier-ignore
    const study = await loadStudy('zero-cost-proxies');
    const options = { tables: [table], data: 'digits', architectures: 3, examples: 4, filters: 2, cells: 1 };
    const { rows, verdict } = await runStudy(study, { folder: folder(), parts, options });
    const row = (id: string) => rows.find((one) => one.id === id);
    expect(row('parameters/tau')!.measured).to.be.within(-1, 1);
    expect(row('naswot/spearman')!.gate).to.equal('at least 0.9');
    expect(row('jacov/spearman')).to.equal(undefined);
    expect(row('log-ranks/tau')!.measured).to.be.within(-1, 1);
    expect(verdict).to.match(/^Kendall’s τ with accuracy over 3 cells: /);
    const missing = { ...options, tables: [join(folder(), 'none.csv')] };
    const error = await runStudy(study, { folder: folder(), parts, options: missing }).catch((one: unknown) => one);
    expect(String(error)).to.include('none.csv');
  });
});
