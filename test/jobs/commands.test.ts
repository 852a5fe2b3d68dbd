/** Commands whose trainings are jobs: however many processes do them, and through whatever, the files are the same. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onlyRun, weft, withFolder } from '../search/weft.js';

const SMALL = ['--space', 'mlp', '--seed', '3', '--set', 'data.subset.train=200', 'space.depth=2', 'space.widths=[8, 16]', 'retrain.batchSize=32'];

async function run(...args: string[]): Promise<{ type: string; [field: string]: unknown }[]> {
  const { code, stdout, stderr } = await weft([...args, '--json']);
  expect(code, stderr).to.equal(0);
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string });
}

const begun = (events: readonly { type: string }[]): number => events.filter(({ type }) => type === 'job-started').length;

describe('commands that have jobs done', function () {
  this.timeout(240_000);

  it('halve: one process, two processes and a queue choose the same, and nothing is trained twice', () => withFolder(async (folder) => {
    const halve = (name: string, ...args: string[]) => run('halve', ...SMALL, '--candidates', '3', '--first', '1', '--out', join(folder, name), '--results', join(folder, `${name}-jobs`), ...args);
    const file = (name: string): string => readFileSync(join(folder, name, 'halving.json'), 'utf8');
    const events = await halve('one', '--workers', '1');
    expect(begun(events)).to.equal(4);
    expect(events.filter(({ type }) => type === 'rung')).to.have.lengthOf(2);
    const { rungs } = JSON.parse(file('one')) as { rungs: { ranking: object[] }[] };
    expect(rungs.map(({ ranking }) => ranking.length)).to.deep.equal([3, 1]);
    await halve('two', '--workers', '2');
    expect(file('two')).to.equal(file('one'));
    await halve('three', '--workers', '2', '--queue', join(folder, 'queue'));
    expect(file('three')).to.equal(file('one'));
    expect(begun(await halve('two', '--workers', '2'))).to.equal(0);
    // A longer halving begins with what is trained already.
    expect(begun(await halve('two', '--workers', '2', '--factor', '2'))).to.equal(1);
  }));

  it('rank: the same, and the report has its chapter', () => withFolder(async (folder) => {
    await run('search', ...SMALL, 'search.epochs=1', 'search.rounds=0', 'search.probe=0', 'derive.candidates=2', 'derive.random=2', 'retrain.epochs=0', '--controller', 'random', '--runs', join(folder, 'runs'));
    const searched = onlyRun(join(folder, 'runs'));
    const rank = (name: string, ...args: string[]) => run('rank', searched, '--architectures', '3', '--seeds', '1,2', '--epochs', '1', '--results', join(folder, name), ...args);
    const file = (): string => readFileSync(join(searched, 'rank', 'rank.json'), 'utf8');
    expect(begun(await rank('one', '--workers', '1'))).to.equal(6);
    const alone = file();
    await rank('two', '--workers', '2');
    expect(file()).to.equal(alone);
    const again = await rank('two', '--workers', '2', '--queue', join(folder, 'queue'));
    expect(begun(again)).to.equal(0);
    expect(again.filter(({ type }) => type === 'job-finished').every(({ known }) => known === true)).to.equal(true);
    expect(file()).to.equal(alone);
    expect(readFileSync(join(searched, 'report.html'), 'utf8')).to.include('<section id="ranking">');
  }));
});
