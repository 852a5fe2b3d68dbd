import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import {
  choiceSpace,
  type ControllerFactory,
  fromBenchmark,
  logRankSum,
  oneOf,
  readBenchmarkTable,
  readNetworkTable,
  stream,
  tableColumn,
  repeat,
  tabularEvaluator,
  type TabularEvaluator,
  tabularTrials,
  type Trials,
  type TrialsOptions,
} from 'weft-nas';
import { evolution } from '../../controllers/evolution.js';
import { fairnas } from '../../controllers/fairnas.js';
import { localSearch } from '../../controllers/local-search.js';
import { policyGradient } from '../../controllers/policy-gradient.js';
import { random } from '../../controllers/random.js';
import { spos } from '../../controllers/spos.js';
import { type Cell, nasBench201, toBenchmark } from '../../search-spaces/nas-bench-201.js';

const PUBLISHED = resolve(process.cwd(), '..', 'shared', 'data', 'nasbench201', 'nats_bench.csv');

describe('tables of results', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'weft-tabular-'))));
  after(() => rmSync(folder, { recursive: true }));
  const file = (content: string): string => {
    const path = join(folder, 'table.csv');
    writeFileSync(path, content);
    return path;
  };
  const space = choiceSpace(
    'pair',
    repeat(2, () => oneOf(['a', 'b'])),
  );
  const keyOf = (pair: readonly string[]): string => pair.join('');

  it('are looked up by their names for architectures', () => {
    const table = readBenchmarkTable(file('name,score\nab,0.5\naa,0.25\r\nbb,0.125\nba,1\n'));
    expect(table.columns).to.deep.equal(['name', 'score']);
    const { evaluate, optimum } = tabularEvaluator(space, table.text('name'), table.numbers('score'), keyOf);
    expect(
      [
        ['a', 'a'],
        ['a', 'b'],
        ['b', 'a'],
        ['b', 'b'],
      ].map((pair) => evaluate(pair as never)),
    ).to.deep.equal([0.25, 0.5, 1, 0.125]);
    expect(optimum).to.equal(1);
  });

  it('with faults are refused by line and column', () => {
    expect(() => readBenchmarkTable(file('name,score\nab,0.5\naa'))).to.throw('line 3 has 1 fields');
    const table = readBenchmarkTable(file('name,score\nab,0.5\naa,high\n'));
    expect(() => table.numbers('score')).to.throw("line 3: 'high'");
    expect(() => table.numbers('scoer'))
      .to.throw("no column 'scoer'")
      .with.property('hint')
      .that.includes("'score'");
    expect(() => tabularEvaluator(space, ['aa'], [1], keyOf)).to.throw('no row for pair~');
    expect(() => readBenchmarkTable(join(folder, 'none.csv'))).to.throw('none.csv');
  });
});

describe('strategies on the table of NAS-Bench-201: 500 queries, 100 seeds, CIFAR-10', () => {
  const space = nasBench201.create({}, { inputShape: [32, 32, 3], classes: 10 });
  let evaluator: TabularEvaluator<Cell>;
  before(function () {
    if (!existsSync(PUBLISHED)) this.skip();
    const table = readBenchmarkTable(PUBLISHED);
    evaluator = tabularEvaluator(
      space,
      table.text('ArchitectureString'),
      table.numbers('CIFAR10TestAccuracy200Epochs'),
      toBenchmark,
    );
  });

  const trials = (factory: ControllerFactory, options: object = {}, settings: TrialsOptions = {}): Trials =>
    tabularTrials(factory, options, space, evaluator, settings);

  it('random reaches the mean that probability theory gives it', () => {
    const { mean, regret } = trials(random);
    expect(mean).to.be.closeTo(94.11, 0.03);
    expect(regret).to.have.length(500);
    expect(regret[499]).to.be.closeTo(evaluator.optimum - mean, 1e-9);
    regret.forEach((value, query) => expect(value).to.be.at.most(regret[query - 1] ?? Infinity));
  });

  it('regularized evolution reaches the optimum in nearly every search', () => {
    expect(evaluator.optimum).to.be.closeTo(94.3733, 1e-4);
    expect(trials(evolution, { population: 20, sample: 10 }).mean).to.be.at.least(94.37);
    expect(trials(evolution, { population: 50, sample: 10 }).mean).to.be.at.least(94.36);
  });

  it('the policy gradient beats random by more than two standard errors', () => {
    const [policy, chance] = [trials(policyGradient), trials(random)];
    expect(policy.mean - chance.mean).to.be.above(2 * Math.hypot(policy.standardError, chance.standardError));
  });

  it('starts better from what proxies rank first', function () {
    const files = ['nas-tables/nb201_zc_proxies.csv'].map((name) => join(PUBLISHED, '..', '..', name));
    if (!files.every((path) => existsSync(path))) this.skip();
    const table = readNetworkTable(files);
    const columns = ['nwot', 'flops', 'jacov'].map((name) => tableColumn(table, name).values);
    const rows = table.keys.flatMap((_, row) => (columns.every((values) => !Number.isNaN(values[row])) ? [row] : []));
    const start = (seed: number): ((place: number) => Cell | undefined) => {
      const pool = stream(seed, 'pool').shuffle(rows).slice(0, 200);
      const sums = logRankSum(columns.map((values) => pool.map((row) => values[row]!)));
      const order = pool.map((_, i) => i).sort((a, b) => sums[b]! - sums[a]!);
      return (place) => (place < order.length ? fromBenchmark(table.keys[pool[order[place]!]!]!) : undefined);
    };
    const settings = { queries: 50, trials: 20, batch: 10 };
    const [cold, warm] = [{}, { start }].map((more) =>
      tabularTrials(evolution, { population: 20 }, space, evaluator, { ...settings, ...more }),
    );
    expect(warm!.mean).to.be.above(94.15);
    expect(warm!.mean - cold!.mean).to.be.above(2 * Math.hypot(warm!.standardError, cold!.standardError));
  });

  it('local search and generations from the best reach more than 94.34', () => {
    expect(trials(localSearch).mean).to.be.above(94.37);
    for (const factory of [spos, fairnas]) expect(trials(factory, {}, { batch: 50 }).mean).to.be.above(94.34);
  });

  it('takes less than two seconds of processor time per strategy', () => {
    for (const [factory, batch] of [
      [random, 1],
      [evolution, 1],
      [localSearch, 1],
      [spos, 50],
      [fairnas, 50],
    ] as const) {
      const before = process.cpuUsage();
      trials(factory, {}, { batch });
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1e6, factory.name).to.be.below(2);
    }
  });
});
