/** Commands whose trainings are jobs: however many processes do them, the files are the same. */
import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { halve } from '../../src/cli/commands/halve.js';
import { rank } from '../../src/cli/commands/rank.js';
import { report } from '../../src/cli/commands/report.js';
import { worker } from '../../src/cli/commands/queue.js';
import { search } from '../../src/cli/commands/search.js';
import { executorOf } from '../../src/cli/executor.js';
import { textPrintedBy } from '../cli/printed.js';
import { onlyRun, withFolder } from '../search/weft.js';
import { saidLater } from '../said.js';

const SMALL = { space: 'mlp', backend: 'cpu', json: true } as const;
const SET = [
  'data.subset.train=200',
  'space.depth=2',
  'space.widths=[8, 16]',
  'retrain.batchSize=32',
  'search.epochs=1',
  'search.rounds=0',
  'search.probe=0',
  'derive.candidates=3',
  'derive.random=4',
  'retrain.epochs=0',
];

async function run(command: () => Promise<void>): Promise<{ type: string; [field: string]: unknown }[]> {
  return (await textPrintedBy(command))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
}

const begun = (events: readonly { type: string }[]): number =>
  events.filter(({ type }) => type === 'job-started').length;

describe('commands that run jobs', function () {
  this.timeout(240_000);

  it('halve: one process and two choose the same, and nothing is trained twice', () =>
    withFolder(async (folder) => {
      const start = (name: string, workers: number, candidates = 3) =>
        run(() =>
          halve({
            ...SMALL,
            seed: 3,
            set: SET,
            candidates,
            factor: 3,
            first: 1,
            runs: folder,
            out: join(folder, name),
            results: join(folder, `${name}-jobs`),
            workers,
          }),
        );
      const file = (name: string): string => readFileSync(join(folder, name, 'halving.json'), 'utf8');
      const events = await start('one', 1);
      expect(begun(events)).to.equal(4);
      expect(
        events
          .filter(({ type }) => type === 'rung')
          .map((rung) => (rung as unknown as { ranking: object[] }).ranking.length),
      ).to.deep.equal([3, 1]);
      await start('two', 2);
      expect(file('two')).to.equal(file('one'));
      expect(begun(await start('two', 2))).to.equal(0);
      expect(begun(await start('two', 2, 4))).to.be.within(1, 2); // one more candidate, which may win
    }));

  it('refuse an impossible number of processes or threads', async () => {
    const opened = (options: object) =>
      saidLater(
        (async () => executorOf({ results: 'none', ...options }, {})({ files: [] }, async () => expect.fail()))(),
      );
    expect(await opened({ workers: 0 })).to.match(
      /workers must be a whole number of at least 1: no process could do the jobs/,
    );
    expect(await opened({ workers: 0, queue: './queue' })).to.match(/no process/);
    expect(await opened({ workers: NaN, queue: 'postgres://me@127.0.0.1/jobs' })).to.match(
      /workers must be a whole number of at least 0/,
    );
    expect(await opened({ threads: 1.5 })).to.match(/threads must be/);
    expect(await opened({ executor: 'queue' })).to.match(/needs a queue/);
    expect(await saidLater(worker({ slots: 0, results: 'none', queue: './queue' }))).to.match(/slots must be/);
    expect(existsSync('none')).to.equal(false);
  });

  it('rank: the same, and the report has its chapter; two searches are compared with random sampling', () =>
    withFolder(async (folder) => {
      const searches = [1, 2].map((seed) => join(folder, `seed${seed}`));
      for (const [i, runs] of searches.entries())
        await textPrintedBy(() => search({ ...SMALL, controller: 'random', seed: i + 1, set: SET, runs }));
      const [one, two] = searches.map(onlyRun) as [string, string];
      const start = (name: string, workers: number) =>
        run(() => rank(one, { architectures: 3, epochs: 1, json: true, results: join(folder, name), workers }));
      const file = (): string => readFileSync(join(one, 'rank', 'rank.json'), 'utf8');
      expect(begun(await start('one', 1))).to.equal(3);
      const alone = file();
      await start('two', 2);
      expect(file()).to.equal(alone);
      const again = await start('two', 2);
      expect(again.filter(({ type }) => type === 'job-finished').map(({ known }) => known)).to.deep.equal([
        true,
        true,
        true,
      ]);
      expect(readFileSync(join(one, 'report.html'), 'utf8')).to.include('<section id="ranking">');

      const out = join(folder, 'seeds.html');
      const [seeds] = await run(() => report([one, two], { out, json: true }));
      expect(seeds).to.deep.include({ type: 'seeds', count: 2, report: out });
      // Of two seeds there is a value, but no interval, and nothing is claimed.
      const { means, verdict } = seeds as unknown as { means: { relative: object }; verdict: string };
      expect(means.relative).to.have.property('value').that.is.a('number');
      expect(means.relative).to.not.have.property('interval');
      expect(verdict).to.match(/a claim takes at least 6 seeds/);
      expect(existsSync(out)).to.equal(true);
      expect(
        (JSON.parse(readFileSync(join(one, 'summary.json'), 'utf8')) as { comparison: object }).comparison,
      ).to.include({ measure: 'accuracy', count: 3 });
      expect(await saidLater(report([one, one], { out }))).to.match(/two runs have the seed 1/);
    }));
});
