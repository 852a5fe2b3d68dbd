/**
 * Runs of version 0.1, as they lie on disks: they go on, are judged and reported, and are checked as far as they have
 * hashes.
 */
import { expect } from 'chai';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { derive } from '../../src/cli/commands/derive.js';
import { evaluate } from '../../src/cli/commands/evaluate.js';
import { report } from '../../src/cli/commands/report.js';
import { resume } from '../../src/cli/commands/search.js';
import { openRun, readSummary } from '../../src/runs/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { ROOT } from '../built.js';
import { textPrintedBy } from '../cli/printed.js';
import { saidLater } from '../said.js';
import { temporaryFolder } from './temporary.js';
import { tinyTable } from './tiny-run.js';

const FIXTURES = join(ROOT, 'test', 'fixtures', 'runs-0.1');
const data = join(FIXTURES, 'data.csv');

describe('a run of version 0.1', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  const copy = (name: 'whole' | 'cut'): string => {
    const path = join(folder(), name);
    cpSync(join(FIXTURES, name), path, { recursive: true });
    return path;
  };
  before(() => loadBackend('cpu'));

  it('that was interrupted ends with the results of version 0.1', async () => {
    const run = copy('cut');
    expect(openRun(run).manifest.formatVersion).to.equal(1);
    expect(await saidLater(textPrintedBy(() => resume(run, { json: true })))).to.match(/no longer at .*--data PATH/);
    await textPrintedBy(() => resume(run, { data, allowChangedEnvironment: true, json: true }));
    const expected = JSON.parse(readFileSync(join(FIXTURES, 'cut-summary.json'), 'utf8')) as { resultHash: string };
    expect(readSummary(run)!.resultHash).to.equal(expected.resultHash);
    await textPrintedBy(() => report([run], { json: true }));
  });

  it('that is finished is evaluated, derived from and reported', async () => {
    const run = copy('whole');
    const evaluated = JSON.parse(await textPrintedBy(() => evaluate(run, { data, json: true }))) as { loss: number };
    expect(evaluated).to.include({ data: 'test part', count: 12 });
    expect(evaluated.loss).to.be.closeTo(readSummary(run)!.test!.loss, 1e-6);
    await textPrintedBy(() =>
      derive(run, { data, top: 1, allowChangedEnvironment: true, results: join(run, 'jobs'), json: true }),
    );
    await textPrintedBy(() => report([run], { json: true }));
    expect(readFileSync(join(run, 'report.html'), 'utf8')).to.include('<h1');
  });

  it('is refused with other data, other weights, another architecture, or a changed result', async () => {
    const other = tinyTable(join(folder(), 'other.csv'));
    expect(await saidLater(textPrintedBy(() => resume(copy('cut'), { data: other, json: true })))).to.include(
      `${other} changed`,
    );
    for (const [name, change] of [
      ['model.safetensors', (bytes: Buffer) => bytes.fill(bytes.at(-1)! ^ 4, bytes.length - 1)],
      ['model.json', (bytes: Buffer) => Buffer.from(bytes.toString().replace(/tanh|relu/, 'identity'))],
      [
        'summary.json',
        (bytes: Buffer) => Buffer.from(bytes.toString().replace(/"accuracy": [\d.]+/, '"accuracy": 0.9')),
      ],
    ] as const) {
      const run = copy('whole');
      writeFileSync(join(run, name), change(readFileSync(join(run, name))));
      expect(await saidLater(textPrintedBy(() => evaluate(run, { data, json: true }))), name).to.match(
        new RegExp(`${name} is damaged or was ${name === 'summary.json' ? 'edited' : 'changed'}`),
      );
      rmSync(run, { recursive: true });
    }
  });

  it('whose manifest claims a later version is refused, because it lacks the hash', async () => {
    const run = copy('cut');
    const manifest = join(run, 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"formatVersion": 1', '"formatVersion": 2'));
    expect(await saidLater(textPrintedBy(() => resume(run, { data, json: true })))).to.include(
      'manifest.json is damaged',
    );
  });
});
