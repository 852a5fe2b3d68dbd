import { expect } from 'chai';
import {
  analyseForgetting,
  buildReport,
  type ForgettingAnalysis,
  forgettingJson,
  forgettingPage,
  forgettingTables,
} from '../../src/report/index.js';
import { operationChart, matrixChart, sharingChart } from '../../src/report/forgetting/charts/effects.js';
import { tauChart, valueChart } from '../../src/report/forgetting/charts/over-epochs.js';
import { fourPanels, levelPanels } from '../../src/report/forgetting/charts/panels.js';
import { performanceChart } from '../../src/report/forgetting/charts/performance.js';
import { calibrationChart, driftChart, fisherChart } from '../../src/report/forgetting/charts/weights.js';
import { smooth } from '../../src/report/forgetting/smooth.js';
import { forgettingRun, SEP5_EFFECT } from './forgetting-fixture.js';
import { fixtureRun } from './fixture.js';
import { expectGolden } from './golden.js';
import { markupMistake } from './well-formed.js';

const analysed = (...options: Parameters<typeof forgettingRun>): ForgettingAnalysis =>
  analyseForgetting(forgettingRun(...options))!;

describe('forgetting report', () => {
  const analysis = analysed({ matrix: true });
  const {
    measurements: { epochs },
  } = analysis;

  it('is one well-formed self-contained file, the same every time', async () => {
    const page = await forgettingPage(analysis);
    expect(markupMistake(page)).to.equal(undefined);
    expect(page).to.not.match(
      /(?:src|href|action|srcset)\s*=\s*"(?!data:|#)|url\(|@import|<script|<link(?! rel="icon" href="data:,">)|<iframe/i,
    );
    expect(page).to.not.match(/NaN|undefined|\[object/);
    expect(page).to.equal(await forgettingPage(analysed({ matrix: true })));
    expect([...page.matchAll(/<section id="([a-z]+)"/g)].map(([, id]) => id)).to.deep.equal([
      'numbers',
      'panels',
      'performance',
      'parts',
      'weights',
      'sharing',
      'matrix',
      'health',
      'files',
    ]);
  });

  it('draws its charts, the same every time', () => {
    const series = [{ name: '', color: 'controller', epochs }] as const;
    const charts: Record<string, string | undefined> = {
      panel: fourPanels(series)[0]!.svg,
      levels: levelPanels(series)[0]!.svg,
      values: valueChart(epochs),
      tau: tauChart(epochs),
      performance: performanceChart(epochs),
      drift: driftChart(analysis.tensors),
      fisher: fisherChart(analysis.fisherHistogram),
      calibration: calibrationChart(epochs),
      operations: operationChart(analysis.operations),
      sharing: sharingChart(analysis.sharing),
      matrix: matrixChart([
        [0.9, 0.3],
        [0.6, 0.8],
      ]),
    };
    for (const [name, svg] of Object.entries(charts)) {
      expect(markupMistake(svg!), name).to.equal(undefined);
      expect(svg, name).to.not.match(/NaN|undefined| id=|<style|<script/);
      expectGolden(`forgetting-${name}.svg`, svg);
    }
  });

  it('computes every number from the measurements, not from what the search has averaged', () => {
    const run = forgettingRun();
    const wrong = run.events.map((event) =>
      event.type === 'forgetting-epoch'
        ? { ...event, meanDiff: 9, best5Diff: 9, maxDiff: 9, p95Diff: 9, tau12: 0 }
        : event,
    );
    expect(forgettingJson(analyseForgetting({ ...run, events: wrong })!)).to.deep.equal(
      forgettingJson(analyseForgetting(run)!),
    );
    // And the search's own means agree with those.
    for (const event of run.events) {
      if (event.type !== 'forgetting-epoch') continue;
      const { loss } = epochs[event.epoch]!;
      expect([loss.meanDiff, loss.best5Diff, loss.maxDiff]).to.deep.equal([
        event.meanDiff,
        event.best5Diff,
        event.maxDiff,
      ]);
    }
  });

  it('averages from the first epoch that the regularizer can have affected', () => {
    expect(analysis.summary.fromEpoch).to.equal(4);
    expect(analysed({ regularizer: 'none' }).summary.fromEpoch).to.equal(0);
    expect(analyseForgetting(forgettingRun(), { fromEpoch: 10 })!.summary.epochs).to.equal(6);
  });

  it('finds the operation that makes architectures forget', () => {
    const { operations, options, edges } = analysed({ regularizer: 'none', epochs: 20, perEpoch: 20 });
    const effects = Object.fromEntries(
      operations.map(({ option, effect, effectError }) => [option, { effect: effect!, effectError: effectError! }]),
    );
    const others = Object.entries(effects)
      .filter(([option]) => option !== 'sep5')
      .map(([, { effect }]) => effect);
    // The six places of an architecture add up, so effects are relative: what counts is the distance from the others.
    const distance = effects['sep5']!.effect - others.reduce((sum, value) => sum + value, 0) / others.length;
    expect(distance).to.be.closeTo(SEP5_EFFECT, 3 * effects['sep5']!.effectError);
    for (const option of options.filter((one) => one.option === 'sep5'))
      expect(option.effect).to.be.above(2 * option.effectError!);
    expect(options.reduce((sum, { decision, count }) => sum + (decision === 'layers.0.op' ? count : 0), 0)).to.equal(
      400,
    );
    expect(edges.filter(({ from }) => from === 'layer2/sep5')).to.have.length(1);
  });

  it('says no more than the interval allows', () => {
    expect(analysed({ regularizer: 'none' }).verdict).to.match(/^Architectures are forgotten/);
    expect(analysed({ left: 0.02 }).verdict).to.match(
      /^No forgetting can be claimed|^Architectures are forgotten: .*0\.00/,
    );
    expect(analysed({ left: -1 }).verdict).to.match(/^Nothing is forgotten/);
    const { value, interval } = analysis.summary.meanDiff;
    const [low, high] = interval!;
    expect(low).to.be.below(value);
    expect(high).to.be.above(value);
  });

  it('claims nothing from too few epochs, and only about this run', () => {
    const few = analysed({ regularizer: 'none', epochs: 5 });
    expect(few.verdict).to.match(
      /^The loss of architectures changed by .* 5 epochs of one run\); a claim takes at least 6 epochs/,
    );
    expect(few.verdict).to.include('95 % interval over epochs');
    expect(analysed({ regularizer: 'none', epochs: 2 }).verdict).to.not.include('interval');
    expect(analysed({ regularizer: 'none', epochs: 20 }).verdict).to.match(
      /^Architectures are forgotten .* of one run\)/,
    );
  });

  it('checks its own health', () => {
    const status = (run: ReturnType<typeof forgettingRun>): Record<string, string> =>
      Object.fromEntries(analyseForgetting(run)!.health.map(({ id, status }) => [id, status]));
    expect(status(forgettingRun({ regularizer: 'none' }))).to.include({
      step: 'n/a',
      fisher: 'n/a',
      split: 'n/a',
      forgetting: 'PASS',
      measurements: 'PASS',
    });
    const run = forgettingRun();
    expect(status(run)).to.include({ step: 'PASS', fisher: 'PASS', split: 'WARN' });
    const events = (change: (event: (typeof run.events)[number]) => object): typeof run => ({
      ...run,
      events: run.events.map((event) => ({ ...event, ...change(event) })),
    });
    const steep = events((event) => (event.type === 'architecture-trained' ? { maxStep: 3 } : {}));
    expect(status(steep)['step'], 'the proximal step takes it').to.equal('PASS');
    expect(
      status({
        ...steep,
        events: steep.events.map((event) =>
          event.type === 'forgetting-config' ? { ...event, options: { step: 'explicit' } } : event,
        ),
      })['step'],
    ).to.equal('WARN');
    expect(status(events((event) => (event.type === 'forgetting-epoch' ? { fisherTrace: 0 } : {})))['fisher']).to.equal(
      'WARN',
    );
    const facts = (indices: string): typeof run => ({
      ...run,
      manifest: {
        ...run.manifest,
        facts: { data: { splits: { validation: { count: 9, indices: 'a' }, fisher: { count: 9, indices } } } },
      },
    });
    expect(status(facts('b'))['split']).to.equal('PASS');
    expect(status(facts('a'))['split']).to.equal('WARN');
  });

  it('writes each table as CSV, with the sign in the name of the column', () => {
    const tables = new Map(forgettingTables(analysis).map(({ name, csv }) => [name, csv.split('\r\n')]));
    expect([...tables.keys()]).to.deep.equal([
      'epochs',
      'architectures',
      'decisions',
      'operations',
      'edges',
      'layers',
      'tensors',
      'sharing',
      'health',
    ]);
    expect(tables.get('epochs')![0]).to.include('mean_loss2_minus_loss1').and.include('mean_err2_minus_err1');
    expect(tables.get('architectures')).to.have.length(1 + 16 * 16 + 1);
    const [, , , , , difference, , , , fv] = tables.get('architectures')![200]!.split(',').map(Number);
    expect(Math.sign(difference!)).to.equal(-Math.sign(fv!));
  });

  it('is a chapter of the search report if forgetting was measured', async () => {
    const page = await buildReport(forgettingRun());
    expect(markupMistake(page)).to.equal(undefined);
    expect(page)
      .to.include('<section id="forgetting">')
      .and.not.match(/NaN|undefined/);
    expect(await buildReport(fixtureRun())).to.not.include('<section id="forgetting">');
    expect(analyseForgetting(fixtureRun())).to.equal(undefined);
  });

  it('covers a run at any moment, without its space, and with gaps', async () => {
    const run = forgettingRun({ epochs: 5 });
    const at = (type: string): number => run.events.findIndex((event) => event.type === type);
    for (const cut of [at('forgetting-config') + 1, at('architecture-revisited')])
      expect(analyseForgetting({ ...run, events: run.events.slice(0, cut) })).to.equal(undefined);
    for (const input of [
      { ...run, events: run.events.slice(0, at('forgetting-epoch') + 1) },
      { ...run, space: undefined },
      { ...run, events: run.events.filter(({ type }) => type !== 'zero-shot') },
      {
        ...run,
        events: run.events.map((event) =>
          event.type === 'forgetting-epoch' ? { ...event, reward: null, tau12: null } : event,
        ),
      },
    ]) {
      const page = await forgettingPage(analyseForgetting(input)!);
      expect(markupMistake(page)).to.equal(undefined);
      expect(page).to.not.match(/NaN|undefined/);
    }
  });

  it('smooths without shifting: a straight line stays one in the middle, a constant everywhere', () => {
    for (const value of smooth([3, 3, 3])) expect(value).to.be.closeTo(3, 1e-12);
    smooth(Array.from({ length: 41 }, (_, i) => i))
      .slice(10, 30)
      .forEach((value, i) => expect(value).to.be.closeTo(i + 10, 1e-6));
  });
});
