/** Training elastic spaces: the sandwich rule, in-place distillation, and going on after a stop. */
import { expect } from 'chai';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { elasticMlp } from '../../search-spaces/elastic-mlp.js';
import { mlp } from '../../search-spaces/mlp.js';
import { chain } from '../../src/chain/chain.js';
import { emptyState } from '../../src/chain/state.js';
import { resumeSearch, runSearch, type SearchConfigInput } from '../../src/index.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { meanLoss } from '../../src/training/batch-loss.js';
import { klDivergence } from '../../src/training/distill.js';
import { trainStep } from '../../src/training/train-step.js';
import { values } from '../optimizers/problems.js';
import { tinyTable } from '../runs/tiny-run.js';
import { withFolder } from './weft.js';

const CONFIG: SearchConfigInput = {
  backend: 'cpu',
  space: { depths: [1, 2], widths: [2, 3, 4] },
  search: { epochs: 2, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
  derive: { candidates: 2, random: 0, batchSize: 8 },
  retrain: { epochs: 1, batchSize: 16 },
  checkpoint: { everySeconds: 1e-6 },
};

describe('searching elastic spaces', () => {
  before(() => loadBackend('cpu'));

  for (const [label, search] of [
    ['one network per step', { optimizer: { name: 'adam' } }],
    ['the sandwich rule', { elastic: { networks: 4 } }],
    [
      'the sandwich rule and separate optimizer states',
      { elastic: { states: 'separate', regularize: 'all' }, optimizer: { name: 'adam' } },
    ],
    [
      'the sandwich rule and the curvature of layers',
      { elastic: {}, optimizer: { name: 'momentum', preconditioner: { name: 'kfac' } } },
    ],
    [
      'the largest first, then attentive sampling and alpha divergences',
      {
        elastic: { networks: 4, distill: 'alpha', sample: 'worst-up', largestEpochs: 1 },
        optimizer: { name: 'adam' },
      },
    ],
  ] as [string, SearchConfigInput['search']][]) {
    it(`with ${label} gives the same after a stop as without`, () =>
      withFolder(async (folder) => {
        const source = tinyTable(join(folder, 'data.csv'));
        const parts = { space: elasticMlp, controller: random };
        const config = { ...CONFIG, data: { source }, search: { ...CONFIG.search, ...search } };
        const whole = await runSearch({ ...parts, config, runs: join(folder, 'whole') });
        let units = 0;
        const { run } = await runSearch({
          ...parts,
          config,
          runs: join(folder, 'stopped'),
          shouldStop: () => ++units >= 4,
        });
        const resumed = await resumeSearch(run, parts);
        expect(resumed.wasFinished).to.equal(false);
        expect(resumed.summary!.resultHash).to.equal(whole.summary!.resultHash);
        expect(resumed.summary!.weights).to.equal(whole.summary!.weights);
      }));
  }

  it('take the mean gradient of the networks of a step; all but the largest learn its outputs', () => {
    const space = elasticMlp.create({ depths: [1], widths: [2, 4] }, { inputShape: [2, 2, 1], classes: 3 });
    const [small, large] = [0, 1].map((index) => createChild(space, space.fromGenotype([0, index])));
    const store = createParameterStore(catalogue(space.supernet), 1);
    const inputs = tf.randomNormal([5, 2, 2, 1], 0, 1, 'float32', 3);
    const labels = tf.tensor1d([0, 1, 2, 0, 1], 'int32');
    const batch = { inputs, labels };
    const mode = { training: true, normalization: 'batch' } as const;
    const start = values(store.parameters);
    const wanted = tf.tidy(() => {
      const teacher = tf.clone(large!.forward(store.parameters, store.statistics, inputs, mode));
      const { gradients } = valueAndGradients(
        (now) =>
          tf.add(
            tf.mul(meanLoss(large!, now, store.statistics, batch, mode), 0.5),
            tf.mul(klDivergence(teacher, small!.forward(now, store.statistics, inputs, mode)), 0.5),
          ),
        store.parameters,
      );
      return values(gradients);
    });
    const plus = chain({ name: 'plus', update: (updates) => updates });
    const { state, loss } = trainStep({
      child: large!,
      others: [{ child: small!, weight: 0.5 }],
      distill: 'kl',
      store,
      trainer: plus,
      state: emptyState,
      batch,
      mode,
      step: 0,
    });
    expect(state.tensors).to.deep.equal({});
    const own = tf.tidy(() => meanLoss(large!, store.parameters, store.statistics, batch, mode).dataSync()[0]!);
    expect(loss).to.be.a('number').and.not.equal(own); // The largest's own loss, before the step.
    const end = values(store.parameters);
    for (const name of Object.keys(start))
      end[name]!.forEach((value, i) => expect(value - start[name]![i]!, name).to.be.closeTo(wanted[name]![i]!, 1e-5));
    store.dispose();
    tf.dispose([inputs, labels]);
  });

  it('distil by a divergence of closed form, whose teacher gets no gradient and has the same task', () => {
    tf.tidy(() => {
      const teacher = tf.tensor2d([[Math.log(3), 0]]);
      const student = tf.tensor2d([[0, 0]]);
      const exact = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
      expect(klDivergence(teacher, student).dataSync()[0]).to.be.closeTo(exact, 1e-6);
      expect(klDivergence(teacher, teacher).dataSync()[0]).to.equal(0);
      const { gradients } = valueAndGradients((p) => klDivergence(p['teacher']!, p['student']!), { teacher, student });
      expect(Object.keys(gradients)).to.deep.equal(['student']);
      const [slope] = gradients['student']!.dataSync();
      expect(slope).to.be.closeTo(0.5 - 0.75, 1e-6);
      expect(() => klDivergence(teacher, tf.zeros([1, 3]))).to.throw(/cannot be compared with logits \[1, 2\]/);
    });
  });

  it('refuse the sandwich rule in spaces without sizes, and regularizers with it', () =>
    withFolder(async (folder) => {
      const source = tinyTable(join(folder, 'data.csv'));
      const refused = async (
        space: typeof mlp | typeof elasticMlp,
        search: object,
        options: object = {},
      ): Promise<string> => {
        try {
          await runSearch({
            space,
            controller: random,
            config: {
              backend: 'cpu',
              data: { source },
              space: options,
              search: { batchSize: 16, rewardBatchSize: 8, ...search },
              derive: { batchSize: 8 },
              retrain: { epochs: 0, batchSize: 16 },
            } as SearchConfigInput,
            runs: join(folder, 'runs'),
          });
        } catch (error) {
          return (error as Error).message;
        }
        return '';
      };
      expect(await refused(mlp, { elastic: {} })).to.match(/'mlp' has no sizes/);
      expect(await refused(elasticMlp, { elastic: {}, regularizer: { name: 'wpl' } })).to.match(
        /'wpl' works between networks that are trained one after another/,
      );
    }));
});
