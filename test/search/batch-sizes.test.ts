/** Batches that are too large for the data, or too small for batch normalization, are refused by name before training. */
import { expect } from 'chai';
import { configSchema } from '../../src/config/schema.js';
import { createTrainer, emptyState, type OptimizerConfigInput } from '../../src/optimizers/index.js';
import { createChild, createParameterStore, catalogue } from '../../src/supernet/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { recalibrate, trainStep } from '../../src/training/index.js';
import { openData } from '../../src/search/data.js';
import { createSession } from '../../src/search/session.js';
import { trainAlone } from '../../src/search/stand-alone.js';
import random from '../../controllers/random.js';
import macroCnn from '../../search-spaces/macro-cnn.js';
import mlp from '../../search-spaces/mlp.js';
import nasBench201 from '../../search-spaces/nas-bench-201.js';
import { values } from '../optimizers/problems.js';
import { said, saidLater } from '../said.js';

const SMALL = { depth: 1, widths: [4] };
const configOf = (changes: object) =>
  configSchema.parse({
    space: { name: 'mlp', ...SMALL },
    controller: { name: 'random' },
    data: { source: 'digits', subset: { train: 60 } },
    search: { epochs: 1, batchSize: 8 },
    retrain: { epochs: 1, batchSize: 8 },
    ...changes,
  });
const openSession = (changes: object, space = mlp): void => {
  const config = configOf(changes);
  createSession({ config, space, controller: random, data: openData(config) }, () => undefined).dispose();
};
const momentum = { name: 'momentum' };

describe('batches larger than the data', () => {
  before(() => loadBackend());

  it('are refused together, with the largest possible size of each', () => {
    const large = { search: { epochs: 1, batchSize: 500 }, retrain: { epochs: 1, batchSize: 600 } };
    expect(said(() => openSession(large))).to.match(
      /fewer than one batch of 500; .*fewer than one batch of 600.*search\.batchSize to at most \d+ and retrain\.batchSize to at most \d+/s,
    );
    expect(said(() => openSession({ search: large.search }))).to.not.include('retrain.batchSize');
  });
});

describe('a batch of one example and batch normalization', () => {
  before(() => loadBackend());

  for (const [words, changes] of [
    [/search\.batchSize is 1: .*'width4\/stem'.*at least 2/s, { search: { epochs: 1, batchSize: 1 } }],
    // The case bn-batch-1: 15 % instead of 85 % without a word.
    [/retrain\.batchSize is 1: /, { retrain: { epochs: 1, batchSize: 1 } }],
    [/search\.rewardBatchSize .* is 1: /, { search: { epochs: 1, batchSize: 8, rewardBatchSize: 1 } }],
    [/derive\.batchSize .* is 1: /, { derive: { batchSize: 1 } }],
    [/forgetting\.batchSize .* is 1: /, { forgetting: { measure: true, batchSize: 1 } }],
    [
      /search\.regularizer\.fisher\.examples .* is 1: /,
      { search: { epochs: 1, batchSize: 8, regularizer: { name: 'wpl', fisher: { examples: 1 } } } },
    ],
    [
      /search\.batchSize is 8, but 'sam' computes gradients of only 1 of them: .*shards/s,
      { search: { epochs: 1, batchSize: 8, optimizer: { name: 'sam', shards: 5, base: momentum } } },
    ],
    [
      /retrain\.batchSize is 8, but 'esam' computes gradients of only 1 of them/,
      { retrain: { epochs: 1, batchSize: 8, optimizer: { name: 'esam', gamma: 0.2, base: momentum } } },
    ],
    [
      /retrain\.batchSize is 8, but 'asam' computes gradients of only 1 of them/,
      {
        retrain: {
          epochs: 1,
          batchSize: 8,
          optimizer: { name: 'ema', base: { name: 'asam', shards: 8, base: momentum } },
        },
      },
    ],
  ] as const) {
    it(`is refused when the search is opened: ${String(words)}`, () => {
      const before = tf.memory().numTensors;
      expect(said(() => openSession(changes))).to.match(words);
      expect(tf.memory().numTensors).to.equal(before);
    });
  }

  it('is allowed if a channel has several positions, or without batch normalization', () => {
    openSession({ search: { epochs: 1, batchSize: 2 }, retrain: { epochs: 1, batchSize: 2 } });
    openSession(
      {
        space: { name: 'macro-cnn', layers: 2, filters: 2, reductions: 0 },
        search: { epochs: 1, batchSize: 1, rewardBatchSize: 1 },
        retrain: { epochs: 1, batchSize: 1 },
      },
      macroCnn as unknown as typeof mlp,
    );
  });

  it('is refused in stand-alone training, in the last batch of an observed validation part, and in a single step', async () => {
    const config = configOf({ search: { epochs: 1, batchSize: 1 } });
    const space = mlp.create(SMALL, { inputShape: [8, 8, 1], classes: 10 });
    const architecture = space.sample(stream(1, 'one'));
    const data = openData(config).batches(config, { carries: false });
    expect(await saidLater(trainAlone(space, architecture, config, data, { epochs: 1 }))).to.match(
      /search\.batchSize is 1: /,
    );
    const swad = configOf({ retrain: { epochs: 1, batchSize: 8, optimizer: { name: 'swad', base: momentum } } });
    const followed = openData(swad).batches(swad, { carries: false });
    const validation = { ...followed.validation, smallest: 1 };
    expect(await saidLater(trainAlone(space, architecture, swad, { ...followed, validation }, { epochs: 1 }))).to.match(
      /the last batch of the \d+ validation examples, whose loss 'swad' follows, is 1: /,
    );

    const child = createChild(space, architecture);
    const store = createParameterStore(catalogue(space.supernet), 1);
    const before = values(store.parameters);
    const batch = { inputs: tf.ones([1, 8, 8, 1]), labels: tf.tensor1d([3], 'int32') };
    const mode = { training: true, normalization: 'batch' } as const;
    for (const optimizer of [momentum, { name: 'sam', base: momentum }]) {
      const trainer = createTrainer(optimizer as OptimizerConfigInput, { stepsPerEpoch: 1, totalSteps: 1 });
      const step = { child, store, trainer, state: emptyState, batch, mode, step: 0 };
      expect(said(() => trainStep(step))).to.match(/the batch size is 1: .*'width4\/stem'/);
    }
    expect(values(store.parameters)).to.deep.equal(before);
    expect(said(() => child.forward(store.parameters, store.statistics, batch.inputs, mode))).to.match(
      /batch normalization with a single value/,
    );
    const source = {
      count: 1,
      steps: 1,
      at: () => ({ inputs: tf.clone(batch.inputs), labels: tf.clone(batch.labels) }),
    };
    expect(said(() => recalibrate(child, store, source, 1))).to.match(/a single value in each channel/);
    child.forward(store.parameters, store.statistics, batch.inputs, { training: false, normalization: 'running' });
    tf.dispose({ ...batch });
    store.dispose();
  });

  it('is refused in convolutions that have come down to one position', () => {
    const space = nasBench201.create({ filters: 2 }, { inputShape: [4, 4, 1], classes: 3 });
    const child = createChild(space, [['conv3'], ['none', 'skip'], ['none', 'none', 'skip']]);
    const store = createParameterStore(catalogue(space.supernet), 1);
    const trainer = createTrainer(momentum as OptimizerConfigInput, { stepsPerEpoch: 1, totalSteps: 1 });
    const batch = { inputs: tf.ones([1, 4, 4, 1]), labels: tf.tensor1d([0], 'int32') };
    const mode = { training: true, normalization: 'batch' } as const;
    expect(said(() => trainStep({ child, store, trainer, state: emptyState, batch, mode, step: 0 }))).to.match(
      /'stage2\/reduce\/main'/,
    );
    tf.dispose({ ...batch });
    store.dispose();
  });
});
