/** Objectives and report chapters of the user's own. */
import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineChapter, defineObjective, deriveRun, parameterCount, runSearch, writeReport, z } from 'weft-nas';
import { mlp } from '../../search-spaces/mlp.js';
import { checkConfig, ownPartsIn } from '../../src/config/index.js';
import { readCheckedEvents } from '../../src/runs/index.js';
import { costMeasure, namedCosts } from '../../src/search/costs.js';
import { type SearchEvent } from '../../src/search/events.js';
import { frontOf } from '../../src/search/front.js';
import { writtenConfig } from '../../src/cli/commands/search.js';
import { stream } from '../../src/tensor/rng.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';
import { said, saidLater } from '../said.js';

const weights = defineObjective({
  name: 'weights',
  unit: 'hundreds',
  direction: 'more',
  options: z.strictObject({ per: z.number().default(100) }),
  value: (network, { per }) => parameterCount(network) / per,
});

describe('objectives of your own', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('are measured along with the built-in ones, negated if more is better', () => {
    const space = mlp.create({ depth: 2, widths: [2, 8] }, { inputShape: [3], classes: 2 });
    const architecture = space.sample(stream(1, 'test'));
    const costs = costMeasure(space, ['parameters'], {}, [weights.create({ per: 1 }, {})]);
    const [parameters, turned] = costs.of(architecture);
    expect(turned).to.equal(-parameters!);
    expect(namedCosts(costs, architecture)).to.deep.equal({ parameters, weights: parameters });
    const one = (hash: string, accuracy: number, value: number) => ({
      ...{ architecture: hash, hash, accuracy, loss: 1 },
      costs: { weights: value },
    });
    const { members } = frontOf([one('a', 0.9, 1), one('b', 0.8, 5), one('c', 0.7, 2)], 'accuracy', {
      names: ['weights'],
      more: new Set(['weights']),
    })!;
    expect(members.map(({ hash }) => hash)).to.deep.equal(['a', 'b']);
  });

  it('are refused by name if they cannot be distinguished, have no value, or are invalid', () => {
    const value = (): number => NaN;
    for (const name of ['latency', 'a b', ''])
      expect(said(() => defineObjective({ name, direction: 'less', value }))).to.match(/cannot be named/);
    const broken = defineObjective({ name: 'broken', direction: 'less', value });
    expect(said(() => broken.create({}, {}).value([]))).to.match(/'broken' is NaN for a network/);
    const space = mlp.create({ depth: 1 }, { inputShape: [3], classes: 2 });
    const twice = [broken.create({}, {}), broken.create({}, {})];
    expect(said(() => costMeasure(space, [], {}, twice))).to.match(/two objectives are named 'broken'/);
    expect(said(() => checkConfig({ objectives: ['accuracy', { name: 'own' }] }))).to.match(/objectives/);
    const { objectives } = checkConfig(writtenConfig({ objectives: 'accuracy,./mine.ts', runs: 'runs' }));
    expect(objectives).to.deep.equal(['accuracy', { name: 'own', part: './mine.ts', options: {} }]);
    expect(ownPartsIn(checkConfig({ objectives: [...objectives!] }))).to.deep.equal([
      { kind: 'objective', part: './mine.ts' },
    ]);
  });

  it('are used by a search, for picking, and in its report, along with a chapter of your own', async () => {
    const { run } = await runSearch({
      space: mlp,
      controller: 'random',
      parts: [weights],
      config: {
        backend: 'cpu',
        objectives: ['accuracy', { name: 'own', part: 'weights', options: { per: 10 } }],
        space: { depth: 1, widths: [2, 3, 5, 8] },
        search: { epochs: 1, rounds: 0, probe: 0, batchSize: 16, rewardBatchSize: 8 },
        derive: { candidates: 6, random: 2, batchSize: 8 },
        retrain: { epochs: 0, batchSize: 16 },
        data: { source: tinyTable(join(folder(), 'data.csv')) },
      },
      runs: join(folder(), 'runs'),
    });
    const events = readCheckedEvents(run) as SearchEvent[];
    const front = events.find((event) => event.type === 'front')!;
    expect(front.objectives).to.deep.equal(['accuracy', 'weights']);
    expect(front.own).to.deep.equal([{ name: 'weights', unit: 'hundreds', direction: 'more' }]);
    const candidates = events.filter((event) => event.type === 'candidate');
    const valueOf = (hash: string): number => candidates.find((one) => one.hash === hash)!.costs!['weights']!;
    const largest = Math.max(
      ...candidates.filter(({ source }) => source === 'controller').map(({ hash }) => valueOf(hash)),
    );
    expect(front.hashes.map(valueOf)).to.include(largest);
    expect(readFileSync(join(run, 'report.html'), 'utf8')).to.include('weights (hundreds)');

    expect(await saidLater(deriveRun(run))).to.match(/the objective 'weights' is your own code/);
    const picked = await deriveRun(run, { parts: [weights], pick: `weights>=${largest}` });
    expect(picked.ranking.map(({ costs }) => costs!['weights'])).to.deep.equal([largest]);

    const index = JSON.stringify(pathToFileURL('src/index.ts').href);
    const file = join(folder(), 'chapter.mjs');
    writeFileSync(
      file,
      `import { defineChapter } from ${index};
export default defineChapter({ name: 'mine', title: 'A <b>title</b>', content: ({ events, summary }) => ({
  text: [\`\${events.length} events & \${typeof summary}\`],
  tables: [{ name: 't', title: 'T', columns: ['<i>'], rows: [[1]] }],
}) });
`,
    );
    const none = defineChapter({ name: 'none', title: 'None', content: () => undefined });
    const page = readFileSync(
      await writeReport(run, { out: join(folder(), 'own.html'), chapters: [file, none] }),
      'utf8',
    );
    expect(page).to.include('<section id="own-mine"><h2>A &#60;b&#62;title&#60;/b&#62;</h2>');
    expect(page).to.include(`<p>${events.length} events &#38; object</p>`).and.to.include('&#60;i&#62;');
    expect(page).to.not.include('own-none');
    const broken = defineChapter({
      name: 'broken',
      title: '',
      content() {
        throw new Error('no');
      },
    });
    expect(await saidLater(writeReport(run, { chapters: [broken] }))).to.match(
      /the chapter 'broken' fails: no \(correct it at /,
    );
    expect(said(() => defineChapter({ ...none, name: 'A b' }))).to.match(/cannot be named/);
  });
});
