/**
 * The two-model experiment: every arm starts from the same A, and the Fisher information is that of the examples asked
 * for.
 */
import { expect } from 'chai';
import { openDataset, measureNormalization, splitDataset } from '../../src/data/index.js';
import { trainFirst, type TrainedFirst } from '../../src/forgetting/two-model/experiment.js';
import { twoModelSpace } from '../../src/forgetting/two-model/space.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';

describe('the two-model experiment', function () {
  this.timeout(60_000);
  let tensors = 0;
  let first: TrainedFirst;
  before(async () => {
    await loadBackend();
    tensors = tf.memory().numTensors;
    const { train, validation, fisher, test } = splitDataset(openDataset('digits'), {
      seed: 1,
      train: 200,
      validation: 60,
      fisher: 60,
      test: 60,
    });
    first = trainFirst(
      {
        seed: 1,
        data: { train, fisher: fisher!, stopping: validation, test, normalization: measureNormalization(train) },
        network: { width: 8, layersA: 2, layersB: 2, shared: 1 },
        batchSize: 20,
        evaluateEvery: 5,
      },
      { learningRate: 0.1, steps: 60 },
    );
  });
  after(() => {
    first.dispose();
    expect(tf.memory().numTensors).to.equal(tensors);
  });

  const B = { learningRate: 0.1, steps: 20 };
  const drift = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0);

  it('trains B from the same weights each time, whatever was trained before', () => {
    const [plain, held, again] = [{ name: 'none' }, { name: 'wpl', alpha: 1000 }, { name: 'none' }].map((regularizer) =>
      first.second({ ...B, regularizer: regularizer as { name: 'none' } }),
    );
    expect(again).to.deep.equal(plain);
    expect(plain!.before).to.equal(first.accuracy);
    expect(drift(plain!.squaredDrift)).to.be.above(0);
    expect(drift(held!.squaredDrift)).to.be.below(drift(plain!.squaredDrift) / 2);
    expect(plain!.worst).to.equal(Math.min(first.accuracy, ...plain!.curve.map(({ a }) => a)));
  });

  it('estimates Fisher information on the requested number of examples', () => {
    const [few, many] = [8, 60].map((examples) =>
      first.second({ ...B, regularizer: { name: 'wpl', alpha: 10, fisher: { examples } } }),
    );
    expect([...few!.fisher]).not.to.deep.equal([...many!.fisher]);
    for (const { maxStep, fisher } of [few!, many!])
      expect(maxStep / (0.1 * 10 * Math.max(...fisher))).to.be.closeTo(1, 1e-5);
  });

  it('needs a layer of one unit at least', () => {
    expect(() => twoModelSpace.create({ width: 0 }, { inputShape: [2, 2, 1], classes: 2 })).to.throw();
  });
});
