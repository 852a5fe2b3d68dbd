/** Other data for a trained network: read as the data of its run was, and never taken for what it is not. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { onlyRun } from '../search/weft.js';
import { tryLine } from './odd-command-lines.js';

const CASES = resolve(process.cwd(), '..', 'shared', 'cases');
const QUICK = ['space.depth=1', 'space.widths=[8]', 'search.epochs=1', 'search.rounds=0', 'search.probe=0', 'search.batchSize=8', 'derive.candidates=1', 'derive.random=0', 'retrain.epochs=1', 'retrain.batchSize=8']; // prettier-ignore

describe('weft evaluate on other data', function () {
  this.timeout(60_000);
  let folder = '';
  before(function () {
    if (!existsSync(CASES)) this.skip();
  });
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'weft-evaluate-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const trained = async (data: string, ...set: string[]): Promise<string> => {
    const { code, stderr } = await tryLine(
      ['search', '--space', 'mlp', '--data', join(CASES, data), '--backend', 'cpu', '--set', ...QUICK, ...set],
      folder,
    );
    expect(code, stderr).to.equal(0);
    return onlyRun(join(folder, 'runs'));
  };
  const evaluated = async (run: string, data: string): Promise<string> => {
    const { code, stdout, stderr } = await tryLine(['evaluate', run, '--data', join(CASES, data), '--json'], folder);
    return code === 0 ? `${(JSON.parse(stdout) as { count: number }).count} examples` : stderr;
  };

  // The case csv-eval-same-file.
  it('takes the label column from the run, and accepts the file that it was trained on', async () => {
    const run = await trained('csv-label-not-last/train.csv', 'data.label=species');
    expect(await evaluated(run, 'csv-label-not-last/other.csv')).to.equal('40 examples');
    expect(await evaluated(run, 'csv-label-not-last/train.csv')).to.equal('24 examples');
  });

  it('finds the columns of a table by their names', async () => {
    const run = await trained('csv-eval-columns/train.csv');
    expect(await evaluated(run, 'csv-eval-columns/other.csv')).to.match(/^\d+ examples$/);
  });

  it('converts images to the size and channels of the network, and maps classes to its own', async () => {
    const run = await trained('img-eval/data', 'data.size=[12, 12]');
    for (const data of ['new', 'only-dog', 'grey', 'mixed'])
      expect(await evaluated(run, `img-eval/${data}`), data).to.match(/^\d+ examples$/);
    expect(await evaluated(run, 'img-eval/other-classes')).to.match(/the network has no class with this name/);
  });
});
