/** How long a search will take, how a budget divides it, and that a budget holds to its end. */
import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { sayPlan } from '../../src/cli/plan-words.js';
import { checkConfig } from '../../src/config/index.js';
import { planSearch, type Estimate } from '../../src/search/plan.js';
import { createProgress } from '../../src/search/progress.js';
import { resumeSearch, runSearch, tf } from 'weft-nas';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun, tinyTable } from '../runs/tiny-run.js';

const UNITS: Estimate = {
  units: { weights: 0.1, controller: 1, 'epoch-end': 0.5, derive: 0.05, retrain: 0.1, test: 1 },
  steps: { search: 35, retrain: 20 },
};
/** An epoch of search takes 14 seconds, one of retraining 2, the choice 5. */
const CONFIG = checkConfig({ search: { epochs: 20 }, retrain: { epochs: 60 } });

describe('the plan of a search', () => {
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

  it('is what the time that is left begins with', () => {
    const progress = createProgress(UNITS.units);
    expect(progress.left({ weights: 10, test: 1 })).to.be.closeTo(2, 1e-12);
    expect(createProgress().left({ weights: 10 })).to.equal(undefined);
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
