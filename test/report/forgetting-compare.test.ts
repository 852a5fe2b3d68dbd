import { expect } from 'chai';
import {
  analyseForgetting,
  compareForgetting,
  comparisonJson,
  comparisonPage,
  comparisonTables,
  type ComparedRun,
} from '../../src/report/index.js';
import { assessPaired } from '../../src/statistics/index.js';
import { forgettingRun, type ForgettingFixture } from './forgetting-fixture.js';
import { markupMistake } from './well-formed.js';

function runs(
  count: number,
  options: ForgettingFixture,
  change: (run: ReturnType<typeof forgettingRun>) => ReturnType<typeof forgettingRun> = (run) => run,
): ComparedRun[] {
  return Array.from({ length: count }, (_, i) => {
    const seed = i + 1;
    return {
      path: `runs/${options.regularizer ?? 'wpl'}-${seed}`,
      seed,
      analysis: analyseForgetting(change(forgettingRun({ layers: 3, epochs: 14, perEpoch: 12, seed, ...options })))!,
    };
  });
}

describe('comparison of forgetting', () => {
  // As many as it takes to claim something.
  const baseline = runs(6, { regularizer: 'none', left: 1 });

  it('measures a known reduction, paired by seed and architectures', () => {
    const { arms, health, unpaired, fromEpoch } = compareForgetting([...runs(6, { left: 0.35 }), ...baseline]);
    const [arm] = arms;
    expect(unpaired).to.deep.equal([]);
    expect(fromEpoch).to.equal(4);
    expect(arm!.pairs.map(({ seed, differsFrom }) => [seed, differsFrom])).to.deep.equal([
      [1, undefined],
      [2, undefined],
      [3, undefined],
      [4, undefined],
      [5, undefined],
      [6, undefined],
    ]);
    const { share, interval } = arm!.reductions.mean;
    const [low, high] = interval!;
    expect(share).to.be.closeTo(0.65, 0.08);
    expect(low).to.be.below(share!);
    expect(high).to.be.above(share!);
    expect(arm!.verdict).to.match(
      /^wpl removes 6\d % of mean forgetting .*6 seeds; the same architectures in the same order/,
    );
    expect(Object.fromEntries(health.map(({ id, status }) => [id, status]))).to.deep.equal({
      baseline: 'PASS',
      controls: 'WARN',
      seeds: 'PASS',
      'performance wpl': 'PASS',
    });
  });

  it('covers no reduction with its interval, and claims none', () => {
    const { arms } = compareForgetting([...baseline, ...runs(6, { left: 1 })]);
    const [low, high] = arms[0]!.reductions.mean.interval!;
    expect(low).to.be.below(0);
    expect(high).to.be.above(0);
    expect(arms[0]!.verdict).to.match(/^No change of forgetting by wpl can be claimed/);
  });

  it('claims nothing from too few seeds, and has an interval from three on', () => {
    for (const seeds of [1, 2, 3, 5]) {
      const { arms, health } = compareForgetting([...baseline, ...runs(seeds, { left: 0.35, cost: 0.1 })]);
      const { mean, reductions, performance, verdict } = arms[0]!;
      expect(verdict).to.match(
        /^With wpl mean forgetting is [56]\d % lower in these runs .*; a claim takes at least 6 seeds/,
      );
      expect(verdict).to.include('with no change of reward that can be claimed');
      for (const interval of [mean.interval, reductions.mean.interval, performance.interval])
        expect(interval === undefined, `${seeds} seeds`).to.equal(seeds < 3);
      expect(verdict.includes('95 % interval')).to.equal(seeds >= 3);
      expect(health.find(({ id }) => id === 'seeds')).to.include({ status: 'WARN', what: 'at least 6 seeds' });
    }
  });

  it('counts each seed once, with its mean over the epochs', () => {
    const { arms, fromEpoch } = compareForgetting([...baseline, ...runs(6, { left: 0.5 })]);
    const differences = arms[0]!.pairs.map(({ baseline: a, run: b }) => {
      const [mine, theirs] = [a, b].map(({ analysis }) => {
        const own = analysis.measurements.epochs
          .filter(({ epoch }) => epoch >= fromEpoch)
          .map(({ loss }) => loss.meanDiff);
        return own.reduce((sum, value) => sum + value, 0) / own.length;
      });
      return theirs! - mine!;
    });
    const expected = assessPaired(
      differences,
      differences.map(() => 0),
    );
    arms[0]!.mean.interval!.forEach((end, i) => expect(end).to.be.closeTo(expected.interval![i]!, 1e-12));
    expect(arms[0]!.mean.p).to.equal(expected.p);
  });

  it('is not misled by an arm that forgets nothing because it learns nothing', () => {
    const { arms, health } = compareForgetting([...baseline, ...runs(6, { left: -0.1, cost: 0.1 })]);
    expect(arms[0]!.verdict).to.include('at a loss of reward');
    expect(health.filter(({ status }) => status === 'WARN').map(({ id }) => id))
      .to.include('performance wpl')
      .and.include('rigid wpl');
    expect(arms[0]!.intransigence.difference).to.be.above(0.05);
  });

  it('states no reduction where there is nothing to remove', () => {
    const { arms, health } = compareForgetting([
      ...runs(2, { regularizer: 'none', left: 1 }, (run) => ({
        ...run,
        events: run.events.map((event) =>
          event.type === 'architecture-revisited' ? { ...event, loss2: event.loss2 - 0.2 } : event,
        ),
      })),
      ...runs(2, {}),
    ]);
    expect(arms[0]!.reductions.mean.share).to.equal(undefined);
    expect(arms[0]!.verdict).to.include('there is nothing for wpl to remove');
    expect(health.find(({ id }) => id === 'baseline')!.status).to.equal('WARN');
  });

  it('says from when on other architectures were sampled, and that one seed is only one', () => {
    const { arms } = compareForgetting([...runs(1, { regularizer: 'none', left: 1 }), ...runs(1, { sequence: 77 })]);
    expect(arms[0]!.pairs[0]!.differsFrom).to.equal(0);
    expect(arms[0]!.verdict)
      .to.include('one seed, so nothing can be said about others')
      .and.include('not always the same architectures');
  });

  it('refuses what cannot be paired, and says why', () => {
    const other = runs(1, {}, (run) => ({ ...run, config: { ...run.config, data: { source: 'mnist' } } }));
    expect(() => compareForgetting([...baseline, ...other])).to.throw(
      /no two of these runs can be paired:\n {2}runs\/wpl-1: it differs from runs\/none-1 in data.source \(digits and mnist\)/,
    );
    expect(() => compareForgetting([...baseline.slice(0, 1), { ...runs(2, {})[1]! }])).to.throw(
      /no run of 'none' has seed 2/,
    );
    expect(() => compareForgetting(baseline)).to.throw(/nothing to compare/);
    const { unpaired, arms } = compareForgetting([...baseline, ...runs(1, {}), { ...runs(7, {})[6]! }]);
    expect(arms[0]!.pairs).to.have.length(1);
    expect(unpaired).to.deep.equal(["runs/wpl-7: no run of 'none' has seed 7"]);
  });

  it('tells arms of one regularizer apart by their options', () => {
    const weak = runs(2, { left: 0.8 }, (run) => ({
      ...run,
      events: run.events.map((event) =>
        event.type === 'forgetting-config' ? { ...event, options: { alpha: 1, step: 'proximal' } } : event,
      ),
    }));
    const { arms } = compareForgetting([...baseline, ...weak, ...runs(2, { left: 0.3 })]);
    expect(arms.map(({ arm }) => arm.name)).to.deep.equal(['wpl alpha=1', 'wpl alpha=10']);
    expect(arms[1]!.reductions.mean.share).to.be.above(arms[0]!.reductions.mean.share!);
  });

  it('is a self-contained page with tables and plain values, the same every time', () => {
    const compared = compareForgetting([...baseline, ...runs(3, {})]);
    const page = comparisonPage(compared);
    expect(markupMistake(page)).to.equal(undefined);
    expect(page).to.not.match(/NaN|undefined|\[object|<script/);
    expect(page).to.equal(comparisonPage(compareForgetting([...baseline, ...runs(3, {})])));
    expect(comparisonTables(compared).map(({ csv }) => csv.split('\r\n').length)).to.deep.equal([9, 11]);
    expect(JSON.parse(JSON.stringify(comparisonJson(compared)))).to.include({
      format: 'weft-forgetting-comparison',
      version: 1,
    });
  });
});
