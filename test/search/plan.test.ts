/** How long a search will take, how a budget divides it, and that a budget holds to its end. */
import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { sayPlan } from '../../src/cli/plan-words.js';
import { checkConfig } from '../../src/config/index.js';
import { openData, type SearchBatches } from '../../src/search/data.js';
import { type Estimate, measureUnits } from '../../src/search/measure-units.js';
import { planSearch } from '../../src/search/plan.js';
import { createProgress } from '../../src/search/progress.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { resumeSearch, runSearch, tf } from 'weft-nas';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun, tinyTable } from '../runs/tiny-run.js';

const UNITS: Estimate = {
  units: {
    weights: { each: 0.1, once: 0 },
    controller: { each: 1, once: 0 },
    'epoch-end': { each: 0.5, once: 0 },
    derive: { each: 0.05, once: 0 },
    retrain: { each: 0.1, once: 0 },
    test: { each: 1, once: 0 },
  },
  steps: { search: 35, retrain: 20 },
};
/** An epoch of search takes 14 seconds, one of retraining 2, the choice 5. */
const CONFIG = checkConfig({ search: { epochs: 20 }, retrain: { epochs: 60 } });

describe('the plan of a search', function () {
  const folder = temporaryFolder(this);
  it('without a budget is the configuration, with the time that it takes', () => {
    const { plan, config } = planSearch(CONFIG, UNITS);
    expect(config).to.deep.equal(CONFIG);
    expect(plan.search!.seconds).to.be.closeTo(280, 1e-9);
    expect(plan.retrain!.seconds).to.be.closeTo(121, 1e-9);
    const once = { ...CONFIG, retrain: { ...CONFIG.retrain, epochs: 1 } };
    expect(planSearch(once, UNITS).plan.retrain!.seconds, 'with its test').to.be.closeTo(3, 1e-9);
    const none = { ...CONFIG, retrain: { ...CONFIG.retrain, epochs: 0 } };
    expect(planSearch(none, UNITS).plan.seconds, 'without a test').to.be.closeTo(280 + 5, 1e-9);
    expect(plan.seconds).to.be.closeTo(280 + 5 + 121, 1e-9);
    expect(sayPlan(plan)).to.equal(
      'plan: search 20 epochs (5 min), choice from 100 candidates (5.0 s), retraining 60 epochs (2 min); about 7 min in all',
    );
  });

  it('shortens search and retraining in the same proportion where the budget does not suffice', () => {
    const { plan, config } = planSearch(CONFIG, UNITS, { budget: 220 });
    // 198 seconds are planned, 6 of them for the choice and the test: 48 % of what is asked for.
    expect(config.search.epochs).to.equal(9);
    expect(config.retrain.epochs).to.equal(33);
    expect(plan.seconds).to.be.within(190, 198);
    expect(sayPlan(plan)).to.match(/^plan for 4 min: search 9 of 20 epochs \(2 min\),.* retraining 33 of 60 epochs/);
    expect(planSearch(CONFIG, UNITS, { budget: 1000 }).config).to.deep.equal(CONFIG);
    expect(planSearch(CONFIG, UNITS, { budget: 220, already: 60 }).config.search.epochs).to.equal(6);
  });

  it('keeps to the budget where that can be done, and never plans more than is asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 2000, noNaN: true }), fc.integer({ min: 1, max: 40 }), (budget, epochs) => {
        const asked = checkConfig({ search: { epochs }, retrain: { epochs: 3 * epochs } });
        const { plan, config } = planSearch(asked, UNITS, { budget });
        expect(config.search.epochs).to.be.within(1, epochs);
        expect(config.retrain.epochs).to.be.within(1, 3 * epochs);
        expect(config.derive.candidates).to.be.within(5, 50);
        const least = config.search.epochs === 1 || config.retrain.epochs === 1;
        if (!least) expect(plan.seconds).to.be.at.most(0.9 * budget + 1e-9);
      }),
    );
  });

  it('leaves a learning rate the time to rise, and says what cannot be done', () => {
    const asked = checkConfig({
      search: { epochs: 20, optimizer: { name: 'adamw', warmUp: 4 } },
      retrain: { epochs: 60 },
    });
    const { plan, config } = planSearch(asked, UNITS, { budget: 10 });
    expect(checkConfig(config).search.epochs).to.equal(4);
    expect(sayPlan(plan)).to.match(/more than the budget but cannot be reduced further$/);
  });

  it('says how much of a budget has passed before it, and gives no reason that is not one', () => {
    const { plan, config } = planSearch(CONFIG, UNITS, { budget: 60, already: 40 });
    expect([config.search.epochs, config.retrain.epochs]).to.deep.equal([1, 1]);
    expect(sayPlan(plan)).to.match(/^plan for 60 s \(40 s of it have passed\): search 1 of 20 epochs/);
    expect(sayPlan(plan)).not.to.include('no more epochs were requested');
    const late = planSearch(CONFIG, UNITS, { budget: 60, already: 55 }).plan;
    expect(sayPlan(late)).to.match(/more than is left of the budget but cannot be reduced further$/);
    expect(sayPlan(planSearch(CONFIG, UNITS, { budget: 1000, already: 40 }).plan)).not.to.include('passed');
  });

  it('is measured on few steps where they take long for the budget', async () => {
    await loadBackend('cpu');
    const source = tinyTable(join(folder(), 'data.csv'));
    const config = checkConfig({
      budget: 1e-6,
      data: { source },
      space: { name: 'mlp', depth: 1, widths: [2, 3] },
      search: { batchSize: 16, rewardBatchSize: 8 },
      derive: { batchSize: 8 },
      retrain: { batchSize: 16 },
      compile: 'off',
    });
    const data = openData(config);
    let steps = 0;
    const counted = (batches: SearchBatches): SearchBatches => ({
      ...batches,
      retrain: { ...batches.retrain, at: (epoch, step) => (steps++, batches.retrain.at(epoch, step)) },
    });
    measureUnits({
      config,
      data: { ...data, batches: (...given) => counted(data.batches(...given)) },
      space: mlp,
      controller: random,
    });
    expect(steps).to.be.within(2, 6);
  });

  it('of one architecture is its training', () => {
    const { plan, config } = planSearch(CONFIG, UNITS, { budget: 61, alone: true });
    expect([plan.search, plan.derive]).to.deep.equal([undefined, undefined]);
    expect(config.retrain.epochs).to.equal(26);
    expect(config.search).to.deep.equal(CONFIG.search);
  });

  it('uses a budget up where nobody has chosen the epochs, a quarter of it for the search', () => {
    const open = { search: 40, retrain: 400 };
    const { plan, config } = planSearch(CONFIG, UNITS, { budget: 1000, open });
    // 894 seconds for training, 14 an epoch of search, 2 of retraining.
    expect(config.search.epochs).to.equal(20);
    expect(config.retrain.epochs).to.equal(307);
    expect(plan.seconds).to.be.within(890, 900);
    // In a short one the search does not take what retraining needs more.
    expect(planSearch(CONFIG, UNITS, { budget: 220, open }).config).to.deep.include({
      search: { ...CONFIG.search, epochs: 3 },
    });
    // A long one ends where more epochs do not help, and says so.
    const long = planSearch(CONFIG, UNITS, { budget: 10_000, open });
    expect([long.config.search.epochs, long.config.retrain.epochs]).to.deep.equal([40, 400]);
    expect(sayPlan(long.plan)).to.match(/the rest of the budget is not used/);
    // What was chosen stays.
    const chosen = planSearch(CONFIG, UNITS, { budget: 1000, open: { search: undefined, retrain: 400 } });
    expect([chosen.config.search.epochs, chosen.config.retrain.epochs]).to.deep.equal([20, 307]);
    expect(planSearch(CONFIG, UNITS, { open }).config).to.deep.equal(CONFIG);
  });

  it('counts what a phase takes once only once', () => {
    const units = { ...UNITS.units, weights: { each: 0.1, once: 30 }, retrain: { each: 0.1, once: 6 } };
    const plain = planSearch(CONFIG, UNITS).plan;
    const { plan } = planSearch(CONFIG, { ...UNITS, units });
    expect(plan.search!.seconds).to.be.closeTo(plain.search!.seconds + 30, 1e-9);
    expect(plan.retrain!.seconds).to.be.closeTo(plain.retrain!.seconds + 6, 1e-9);
    expect(plan.seconds).to.be.closeTo(plain.seconds + 36, 1e-9);
    const divided = planSearch(CONFIG, { ...UNITS, units }, { budget: 220 });
    expect(divided.plan.seconds).to.be.within(180, 198);
    expect(planSearch(CONFIG, { ...UNITS, units }, { budget: 220, alone: true }).plan.seconds).to.be.closeTo(127, 1e-9);
  });

  it('counts rounds of the controller only in epochs that have them', () => {
    const late = { ...CONFIG, search: { ...CONFIG.search, warmupEpochs: 5 } };
    const { rounds, epochs } = CONFIG.search;
    const all = planSearch({ ...CONFIG, search: { ...CONFIG.search, warmupEpochs: 0 } }, UNITS).plan.search!.seconds;
    expect(planSearch(late, UNITS).plan.search!.seconds).to.be.closeTo(all - 5 * rounds, 1e-9);
    const never = { ...CONFIG, search: { ...CONFIG.search, warmupEpochs: epochs } };
    expect(planSearch(never, UNITS).plan.search!.seconds).to.be.closeTo(all - epochs * rounds, 1e-9);
  });

  it('is what the time that is left begins with', () => {
    const progress = createProgress(UNITS.units);
    expect(progress.left({ weights: 10, test: 1 })).to.be.closeTo(2, 1e-12);
    expect(createProgress().left({ weights: 10 })).to.equal(undefined);
  });

  it('leaves a time that falls as one-time costs are paid, and follows units that get slower', () => {
    const progress = createProgress({ weights: { each: 0.1, once: 5 } });
    expect(progress.left({ weights: 100 })).to.be.closeTo(15, 1e-12);
    progress.note('weights', 4.1);
    expect(progress.left({ weights: 99 }), 'the first four seconds').to.be.closeTo(9.9 + 1, 1e-9);
    progress.note('weights', 1.1);
    expect(progress.left({ weights: 98 })).to.be.closeTo(9.8, 1e-9);
    for (let unit = 0; unit < 200; unit++) progress.note('weights', 0.3);
    expect(progress.left({ weights: 10 })).to.be.closeTo(3, 0.01);
    const unknown = createProgress();
    for (const seconds of [1, 2, 3]) unknown.note('weights', seconds);
    expect(unknown.left({ weights: 10 }), 'the mean of what was seen').to.be.closeTo(20, 1e-9);
  });
});

describe('a time budget', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('is measured without a trace: the same search has the same result, and no tensor is left', async () => {
    const data = tinyTable(join(folder(), 'data.csv'));
    const one = (runs: string, more: object = {}) =>
      runSearch({
        space: mlp,
        controller: random,
        runs: join(folder(), runs),
        config: {
          backend: 'cpu',
          data: { source: data },
          space: { depth: 1, widths: [2, 3] },
          search: { epochs: 2, rounds: 1, samplesPerRound: 2, probe: 1, batchSize: 16, rewardBatchSize: 8 },
          derive: { candidates: 2, random: 2, batchSize: 8 },
          retrain: { epochs: 80, batchSize: 16 },
        },
        ...more,
      });
    const plain = await one('plain');
    const tensors = tf.memory().numTensors;
    let told = NaN;
    const planned = await one('planned', { onPlan: ({ seconds }: { seconds: number }) => (told = seconds) });
    expect(told).to.be.above(0);
    expect(planned.summary!.resultHash).to.equal(plain.summary!.resultHash);
    expect(tf.memory().numTensors).to.equal(tensors);
  });

  it('ends retraining too, with the last epoch that fits, also where a run goes on with another budget', async () => {
    const run = await tinyRun(folder(), { units: 2 });
    const { summary } = await resumeSearch(run, { budget: 1e-3 });
    expect(summary!.test).to.be.an('object');
    const events = readFileSync(join(run, 'events.jsonl'), 'utf8');
    expect(events)
      .to.include('"type":"budget-reached","epoch":0')
      .and.include('"type":"retrain-budget-reached","epochs":1,"of":2');
    expect(events.match(/"type":"retrain-epoch"/g)).to.have.length(1);
  });
});
