/** Runs of several seeds: listed, named and reported like any other. */
import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { search } from '../../src/cli/commands/search.js';
import { status } from '../../src/cli/commands/status.js';
import { train } from '../../src/cli/commands/train.js';
import { compareRuns } from 'weft-nas';
import { saidLater } from '../said.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';
import { textPrintedBy } from './printed.js';

interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

const lines = (said: string): Line[] =>
  said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe('several seeds', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const SET = [
    'space.depth=1',
    'space.widths=[2, 3]',
    'search.epochs=1',
    'search.rounds=0',
    'search.probe=0',
    'search.batchSize=16',
    'search.optimizer=sam',
    'retrain.optimizer=nesterov',
    'derive.candidates=2',
    'derive.random=2',
    'derive.batchSize=8',
    'retrain.epochs=1',
    'retrain.batchSize=16',
  ];
  const options = (): Parameters<typeof search>[0] => ({
    space: 'mlp',
    controller: 'random',
    data: tinyTable(join(folder(), 'data.csv')),
    set: SET,
    backend: 'cpu',
    runs: join(folder(), 'runs'),
    results: join(folder(), 'jobs'),
    workers: 1,
    json: true,
  });
  const runsIn = (name: string): string[] => readdirSync(join(folder(), name)).filter((one) => !one.endsWith('.html'));

  it('give ordinary runs, with a name, a report and the optimizers in summary and status; repeating the command adds none', async () => {
    const start = () => textPrintedBy(() => search({ ...options(), seeds: '1-2', name: 'Flat minima' }));
    const found = lines(await start()).filter(({ type }) => type === 'search-result');
    const names = runsIn('runs');
    expect(names.map((name) => name.replace(/^\d+-\d+-/, ''))).to.have.members([
      'flat-minima-seed-1',
      'flat-minima-seed-2',
    ]);
    expect(found.map(({ run }) => run)).to.have.members(names.map((name) => join(folder(), 'runs', name)));
    for (const { run } of found as unknown as { run: string }[]) {
      expect(existsSync(join(run, 'report.html'))).to.equal(true);
      const summary = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as object;
      expect(summary).to.deep.include({ optimizer: { search: 'sam (nesterov)', retrain: 'nesterov' } });
    }
    await start();
    expect(runsIn('runs')).to.have.length(2);
    const told = lines(
      await textPrintedBy(async () => status(undefined, { runs: join(folder(), 'runs'), json: true })),
    );
    expect(told.map(({ state, seed, optimizer }) => [state, seed, optimizer])).to.have.deep.members([
      ['finished', 1, 'sam (nesterov), then nesterov'],
      ['finished', 2, 'sam (nesterov), then nesterov'],
    ]);
  });

  it('learn that their summary cannot be written before they search, not afterwards', async () => {
    writeFileSync(join(folder(), 'file'), '');
    const runs = join(folder(), 'file', 'runs');
    expect(await saidLater(textPrintedBy(() => search({ ...options(), runs, seeds: '1-2' })))).to.match(
      /cannot write .*runs/,
    );
    expect(readdirSync(folder()).sort()).to.deep.equal(['data.csv', 'file']);
  });

  it('of one training have a mean with an interval, and can be compared', async () => {
    await textPrintedBy(() => search({ ...options(), runs: join(folder(), 'found') }));
    const [run] = runsIn('found');
    const from = join(folder(), 'found', run!);
    const { derived } = JSON.parse(readFileSync(join(from, 'summary.json'), 'utf8')) as {
      derived: { architecture: string };
    };
    const start = (...set: string[]): Promise<string> =>
      textPrintedBy(() => train(derived.architecture, { ...options(), run: from, seeds: '1-2', set }));
    const said = lines(await start());
    expect(said.filter(({ type }) => type === 'retrained').map(({ seed }) => seed)).to.deep.equal([1, 2]);
    expect(said.find(({ type }) => type === 'seeds')).to.include({ count: 2, measure: 'accuracy' });
    await start('retrain.optimizer=adam');
    expect(runsIn('runs')).to.have.length(4);
    const { comparison } = await compareRuns([join(folder(), 'runs')], { by: 'optimizer' });
    expect(comparison.others[0]!.pairs).to.have.length(2);
    expect(comparison.others[0]!.verdict).to.match(/a claim takes at least 6 pairs of seeds|give the same/);
  });
});
