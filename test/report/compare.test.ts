/** Configurations compared over seeds, and two architectures drawn over each other. */
import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { compare as compareCommand, diff as diffCommand } from '../../src/cli/commands/compare.js';
import { type SearchSpace } from '../../src/graph/define-space.js';
import {
  compareConfigurations,
  type ComparedRun,
  comparePage,
  diffArchitectures,
  diffPage,
} from '../../src/report/compare/index.js';
import { differences, diffSvg } from '../../src/report/drawing/index.js';
import { outlineDiff } from '../../src/report/drawing/diff.js';
import { outlineChild } from '../../src/report/drawing/outline.js';
import { assessDifference, assessPaired } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';
import { compareRuns, diffNetworks } from 'weft-nas';
import { textPrintedBy } from '../cli/printed.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun } from '../runs/tiny-run.js';
import { said, saidLater } from '../said.js';
import { DIGITS, fixture, fixtureRun } from './fixture.js';
import { markupMistake } from './well-formed.js';

const made = fixtureRun();

/** A finished run with an optimizer, a seed and a test accuracy. */
function run(
  optimizer: string,
  seed: number,
  accuracy: number,
  { name = 'digits', config = {}, data = 'd' }: { name?: string; config?: object; data?: string } = {},
): ComparedRun {
  const { architecture } = made.events.find(({ type }) => type === 'derived') as unknown as { architecture: string };
  const manifest = made.manifest as { facts: { data: object } };
  return {
    path: `runs/${optimizer}-${seed}`,
    input: {
      ...made,
      manifest: {
        ...manifest,
        name,
        seed,
        facts: { ...manifest.facts, data: { ...manifest.facts.data, sources: [{ sha256: data }] } },
      },
      config: { ...made.config, seed, retrain: { optimizer: { name: optimizer, rate: 0.1 }, batchSize: 8 }, ...config },
      summary: { ...made.summary, seed, derived: { architecture }, test: { accuracy, loss: 1 - accuracy } },
    },
  };
}

const arm = (optimizer: string, accuracies: readonly number[]): ComparedRun[] =>
  accuracies.map((accuracy, i) => run(optimizer, i + 1, accuracy));

describe('weft compare', () => {
  const SGD = [0.9, 0.91, 0.89, 0.92, 0.9, 0.93, 0.88];
  const SAM = [0.92, 0.925, 0.91, 0.94, 0.917, 0.95, 0.9];

  it('pairs by seed, and reports the assessment of the shared statistics function', () => {
    const { baseline, others, unpaired, quality } = compareConfigurations([...arm('sgd', SGD), ...arm('sam', SAM)]);
    const [{ configuration, pairs, contrasts, verdict }] = others as [(typeof others)[number]];
    expect([baseline.name, configuration.name, quality.name]).to.deep.equal(['sgd', 'sam', 'test accuracy']);
    expect(pairs).to.have.length(7);
    expect(unpaired).to.deep.equal([]);
    const expected = assessPaired(SAM, SGD);
    expect(contrasts[0]!.assessment.interval).to.deep.equal(expected.interval);
    expect(verdict).to.match(
      /^sam is better than sgd in test accuracy: \+1\.89\spoints \(95\s% interval \+\d\.\d\d to \+\d\.\d\d\spoints, 7 pairs of seeds\)$/,
    );
    expect(verdict.length).to.be.below(140);
  });

  it('claims no more than a mean from three seeds, and gives equal results no interval', () => {
    const [few] = compareConfigurations([...arm('sgd', SGD.slice(0, 3)), ...arm('sam', SAM.slice(0, 3))]).others;
    expect(few!.verdict).to.match(
      /^sam has a mean test accuracy of 91\.83\s%, sgd of 90\.00\s% \(3 pairs of seeds\); a claim takes at least 6 pairs of seeds$/,
    );
    const [same] = compareConfigurations([...arm('sgd', SGD), ...arm('sam', SGD)]).others;
    expect(same!.quality.assessment.interval).to.equal(undefined);
    expect(same!.verdict).to.match(/all 7 pairs of seeds give the same/);
  });

  it('requires more for each of several claims, and compares the first with all', () => {
    const { others } = compareConfigurations([...arm('sgd', SGD), ...arm('sam', SAM), ...arm('adam', SGD)]);
    expect(others.map(({ configuration }) => configuration.name)).to.deep.equal(['sam', 'adam']);
    expect(others[0]!.quality.assessment.interval).to.deep.equal(assessPaired(SAM, SGD, { comparisons: 2 }).interval);
    expect(others[0]!.quality.assessment.fewest).to.equal(7);
  });

  it('compares runs with different seeds as independent samples', () => {
    const other = SAM.map((accuracy, i) => run('sam', 100 + i, accuracy));
    const [{ pairs, quality, verdict }] = compareConfigurations([...arm('sgd', SGD), ...other]).others as [
      ReturnType<typeof compareConfigurations>['others'][number],
    ];
    expect(pairs).to.equal(undefined);
    expect(quality.assessment.interval).to.deep.equal(assessDifference(SAM, SGD).interval);
    expect(verdict).to.include('at least 7 seeds of either');
  });

  it('compares regressions by their error, of which less is better', () => {
    const numbers = (optimizer: string, errors: readonly number[]): ComparedRun[] =>
      errors.map((rmse, i) => {
        const one = run(optimizer, i + 1, 0.5);
        const test = { loss: 0.1, targets: [{ name: 'price', rmse, mae: rmse }] };
        return { ...one, input: { ...one.input, summary: { ...one.input.summary, test } } };
      });
    const { quality, others } = compareConfigurations([...numbers('sgd', SAM), ...numbers('sam', SGD)]);
    expect(quality.name).to.equal('root mean squared error of the test');
    expect(others[0]!.verdict).to.match(/^sam is better than sgd in root mean squared error of the test: −0\.0189/);
  });

  it('leaves out runs without a partner and names them', () => {
    const { others, unpaired } = compareConfigurations([...arm('sgd', SGD), ...arm('sam', SAM.slice(0, 4))]);
    expect(others[0]!.pairs).to.have.length(4);
    expect(unpaired).to.deep.equal(['runs/sgd-5', 'runs/sgd-6', 'runs/sgd-7']);
  });

  it('with --by, pairs runs that agree in everything else', () => {
    const runs = ['sgd', 'sam'].flatMap(
      (optimizer) =>
      [8, 32].map((batchSize) => run(optimizer, 1, 0.9, { config: { retrain: { optimizer: { name: optimizer, rate: 0.1 }, batchSize } } })), // prettier-ignore
    );
    expect(compareConfigurations(runs).others).to.have.length(3);
    const by = compareConfigurations(runs, { by: 'optimizer' });
    expect(by.others.map(({ pairs }) => pairs!.map(({ baseline, run: mine }) => [baseline.path, mine.path]))).to.have.nested.property('[0].length', 2); // prettier-ignore
    expect(by.settings).to.deep.equal([{ name: 'retrain.optimizer.name', values: ['sgd', 'sam'] }]);
    expect(compareConfigurations(runs, { by: 'retrain.batchSize' }).others[0]!.configuration.name).to.equal('batchSize=32'); // prettier-ignore
  });

  it('labels configurations with the names of their runs if those are distinct, else with what differs', () => {
    const named = [run('sgd', 1, 0.9, { name: 'plain' }), run('sam', 1, 0.9, { name: 'flat' })];
    expect(compareConfigurations(named).baseline.name).to.equal('plain');
    const rates = [0.1, 0.2].map((rate) => run('sgd', 1, 0.9, { config: { retrain: { optimizer: { name: 'sgd', rate } } } })); // prettier-ignore
    expect(compareConfigurations(rates).others[0]!.configuration.name).to.equal('rate=0.2');
  });

  it('refuses what cannot be compared, and says why', () => {
    const sgd = arm('sgd', SGD);
    expect(said(() => compareConfigurations(sgd))).to.match(/differ only in their seeds \(weft report/);
    expect(said(() => compareConfigurations([...sgd, ...arm('sam', SAM)], { by: 'space' }))).to.match(
      /do not differ in 'space' \(they differ in retrain\.optimizer\.name/,
    );
    expect(said(() => compareConfigurations([...sgd, run('sam', 1, 0.9, { data: 'e' })]))).to.match(/different data/);
    expect(said(() => compareConfigurations([...sgd, sgd[0]!, run('sam', 1, 0.9)]))).to.match(
      /same seed.*name each run once/,
    );
    const open = run('sam', 2, 0.9);
    expect(said(() => compareConfigurations([...sgd, { ...open, input: { ...open.input, summary: undefined } }]))).to.match(/sam-2 is not finished.*weft resume/); // prettier-ignore
  });

  it('writes a page whose charts are described and whose numbers are those of the verdict', async () => {
    const html = await comparePage(compareConfigurations([...arm('sgd', SGD), ...arm('sam', SAM)]));
    expect(markupMistake(html)).to.equal(undefined);
    expect(html).to.not.match(/NaN|undefined/);
    expect(html).to.include('sam compared with sgd').and.include('+1.89');
    for (const [, label] of html.matchAll(/<svg[^>]* aria-label="([^"]*)"/g)) expect(label).to.have.length.above(20);
  });

  it('folds the settings in which the configurations differ if they are many', async () => {
    const comparison = compareConfigurations([...arm('sgd', SGD), ...arm('sam', SAM)]);
    const page = (count: number): Promise<string> =>
      comparePage({
        ...comparison,
        settings: Array.from({ length: count }, (_, i) => ({ name: `setting${i}`, values: ['a', 'b'] })),
      });
    expect(await page(40)).to.match(/<details><summary>40 settings<\/summary>/);
    expect(await page(4))
      .to.include('setting3')
      .and.not.include('settings</summary>');
  });
});

describe('weft diff', () => {
  const space = macroCnn.create({ layers: 5, filters: 4 }, DIGITS) as SearchSpace;
  const drawn = (seed: number): unknown => space.sample(stream(seed, 'diff'));

  it('draws an architecture over itself as a single one, and lists no difference', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const one = drawn(seed);
      const [alone, over] = [outlineChild(space, one), outlineDiff(space, one, one)];
      expect(over.nodes.map(({ role, label }) => [role, label])).to.deep.equal(alone.nodes.map(({ role, label }) => [role, label])); // prettier-ignore
      expect(over.edges).to.have.length(alone.edges.length);
      expect(over.edges.every(({ heat }) => heat!.plain)).to.equal(true);
      expect(differences(one, one)).to.deep.equal([]);
    }
    expect(await diffSvg(space, drawn(1), drawn(1))).to.not.match(/>[AB]</);
  });

  it('has every part of either, in its owner’s colour, and is symmetric', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), (i, k) => {
        const [a, b] = [drawn(i), drawn(k)];
        const over = outlineDiff(space, a, b);
        const picked = (side: 'A' | 'B'): string[] =>
          over.nodes.flatMap(({ role, options = [] }) =>
            role === 'choice' || role === 'choices'
              ? options.filter(({ heat }) => heat === undefined || heat.text === side).map(({ name }) => name)
              : [],
          );
        const alone = (one: unknown): string[] =>
          outlineChild(space, one).nodes.filter(({ role }) => role === 'choice').map(({ label }) => label); // prettier-ignore
        expect([picked('A'), picked('B')]).to.deep.equal([alone(a), alone(b)]);
        expect(differences(b, a)).to.deep.equal(differences(a, b).map(({ place, a: x, b: y }) => ({ place, a: y, b: x }))); // prettier-ignore
        expect(differences(a, b).length === 0).to.equal(space.encode(a) === space.encode(b));
      }),
      { numRuns: 25 },
    );
  });

  it('writes a page with the costs of both', async () => {
    const { favourite } = fixture();
    const whole = fixture().space;
    const other = whole.encode(whole.sample(stream(9, 'other')));
    const diff = await diffArchitectures(
      whole,
      { name: 'first', architecture: favourite, testAccuracy: 0.9 },
      { name: '<second>', architecture: other },
    );
    const html = diffPage(diff);
    expect(markupMistake(html)).to.equal(undefined);
    expect(html)
      .to.include('90.00')
      .and.include('&#60;second&#62;')
      .and.not.match(/NaN|undefined/);
    expect(diff.a.parameters).to.be.above(0);
  });
});

describe('comparing runs on disk', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('is a function and a command, for runs, folders of runs and texts', async () => {
    const [first, second] = [await tinyRun(folder(), { seed: 1 }), await tinyRun(folder(), { seed: 2 })];
    const runs = join(folder(), 'runs');
    expect(await saidLater(compareRuns([runs]))).to.match(/differ only in their seeds/);
    expect(await saidLater(compareRuns([first]))).to.match(/only one run/);
    const { diff, page } = await diffNetworks(first, second);
    expect(readFileSync(page, 'utf8')).to.include(diff.a.architecture);
    const again = await diffNetworks(diff.a.architecture, diff.b.architecture, { run: first });
    expect(again.diff.a).to.include({ parameters: diff.a.parameters, testAccuracy: diff.a.testAccuracy });
    expect(await saidLater(diffNetworks(diff.a.architecture, diff.b.architecture))).to.match(/--run RUN/);
    const out = join(folder(), 'other.html');
    const words = await textPrintedBy(() => diffCommand(first, second, { out }));
    expect(words)
      .to.match(/^A {2}\S.*parameters/m)
      .and.include('other.html');
    expect(await saidLater(textPrintedBy(() => compareCommand([first, second], {})))).to.match(/only in their seeds/);
  });
});
