import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { compare, report } from '../../src/cli/commands/forgetting.js';
import { checkConfig } from '../../src/config/index.js';
import { createRun, type Run, runFiles, writeFileAtomic } from '../../src/runs/index.js';
import { forgettingRun, type ForgettingFixture } from '../report/forgetting-fixture.js';
import { fixtureRun } from '../report/fixture.js';
import { withFolder } from '../search/weft.js';
import { textPrintedBy } from './printed.js';

/** A run directory with the events of the fixture. */
function runWith(folder: string, seed: number, regularizer: string, events: readonly object[]): Run {
  const config = checkConfig({
    seed,
    space: { name: 'macro-cnn', layers: 3, filters: 8 },
    data: { source: 'digits' },
    search: { regularizer: { name: regularizer } },
  });
  const run = createRun(folder, {
    name: regularizer,
    seed,
    config: JSON.parse(JSON.stringify(config)) as Parameters<typeof createRun>[1]['config'],
    facts: { data: { inputShape: [8, 8, 1], classes: 10 } },
  });
  writeFileAtomic(runFiles(run.path).events, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return run;
}

describe('weft forgetting', () => {
  const small: ForgettingFixture = { layers: 3, epochs: 8, perEpoch: 8 };

  it('writes a page, report.json and tables, the same every time', () =>
    withFolder(async (folder) => {
      const run = runWith(folder, 1, 'wpl', forgettingRun(small).events);
      const said = await textPrintedBy(() => report([run.path], {}));
      // Four epochs are left from the fifth on, in which the regularizer acts.
      expect(said).to.match(/The loss of architectures changed by .*; a claim takes at least 6 epochs/);
      const read = (name: string): string => readFileSync(join(run.path, 'forgetting', name), 'utf8');
      expect(JSON.parse(read('report.json'))).to.include({
        format: 'weft-forgetting-report',
        version: 1,
        from_epoch: 5,
      });
      expect(read('epochs.csv').split('\r\n')).to.have.length(10);
      const page = read('report.html');
      await textPrintedBy(() => report([run.path], {}));
      expect(read('report.html')).to.equal(page);
    }));

  it('compares runs by seed', () =>
    withFolder(async (folder) => {
      const runs = [
        ['none', 1],
        ['wpl', 0.3],
      ].map(([regularizer, left]) =>
        runWith(
          folder,
          1,
          regularizer as string,
          forgettingRun({ ...small, regularizer: regularizer as string, left: left as number }).events,
        ),
      );
      const out = join(folder, 'compared');
      const said = await textPrintedBy(() =>
        compare(
          runs.map(({ path }) => path),
          { out },
        ),
      );
      expect(said).to.match(/With wpl mean forgetting is \d+ % lower in these runs .*; a claim takes at least 6 seeds/);
      for (const file of ['report.html', 'report.json', 'contrasts.csv', 'runs.csv'])
        expect(existsSync(join(out, file)), file).to.equal(true);
    }));

  it('says how to measure forgetting in a run without measurements', () =>
    withFolder(async (folder) => {
      const without = runWith(folder, 1, 'none', fixtureRun({ layers: 3, epochs: 2 }).events);
      await report([without.path], {}).then(
        () => expect.fail('accepted'),
        (error: { message: string; hint: string }) => {
          expect(error.message).to.include('has not measured forgetting');
          expect(error.hint).to.include('forgetting.measure=true').and.include('search.regularizer.name=wpl');
        },
      );
      const { events } = forgettingRun(small);
      const begun = runWith(
        folder,
        2,
        'wpl',
        events.slice(0, events.findIndex(({ type }) => type === 'forgetting-config') + 2),
      );
      await report([begun.path], {}).then(
        () => expect.fail('accepted'),
        (error: { hint: string }) => expect(error.hint).to.include('weft resume'),
      );
    }));
});
