import { expect } from 'chai';
import { loadBackend, stream, tf } from 'weft-nas';
import { mlp } from '../../search-spaces/mlp.js';
import { checkConfig } from '../../src/config/index.js';
import { openData } from '../../src/search/data.js';
import { rungsOf, successiveHalving } from '../../src/search/halving.js';
import { trainAlone } from '../../src/search/stand-alone.js';
import { disposeNamed, mapNamed } from '../../src/tensor/named.js';
import { said } from '../said.js';

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `a${String(i).padStart(2, '0')}`);

describe('successive halving', () => {
  it('gives every rung about the same number of epochs in all', () => {
    expect(rungsOf({ candidates: 27, factor: 3, epochs: 2 })).to.deep.equal([
      { candidates: 27, epochs: 2 },
      { candidates: 9, epochs: 6 },
      { candidates: 3, epochs: 18 },
      { candidates: 1, epochs: 54 },
    ]);
    expect(rungsOf({ candidates: 10, factor: 4, epochs: 1 })).to.deep.equal([
      { candidates: 10, epochs: 1 },
      { candidates: 2, epochs: 4 },
    ]);
    // Rungs of more epochs than a number counts exactly ran without end.
    expect(said(() => rungsOf({ candidates: 27, factor: 3, epochs: Number.MAX_SAFE_INTEGER }))).to.match(
      /the longest training of this halving would have \d{18} epochs, more than 1000000/,
    );
    expect(rungsOf({ candidates: 3, factor: 2, epochs: 500_000 }).at(-1)!.epochs).to.equal(1_000_000);
    expect(said(() => rungsOf({ candidates: 3, factor: 2, epochs: 500_001 }))).to.match(/would have 1000002 epochs/);
    expect(said(() => rungsOf({ candidates: 0, factor: 3, epochs: 1 }))).to.match(/at least 1 candidate/);
    for (const factor of [1, 2.5, NaN])
      expect(said(() => rungsOf({ candidates: 3, factor, epochs: 1 }))).to.match(/factor of at least 2/);
  });

  it('keeps the best of each rung, whatever order the trainings finish in', async () => {
    const score = (name: string, epochs: number): number =>
      Number(name.slice(1)) + (name === 'a26' && epochs >= 6 ? -50 : 0);
    const run = (delay: (name: string) => number) =>
      successiveHalving(names(27), { factor: 3, epochs: 2 }, async (name, epochs) => {
        await new Promise((resolve) => setTimeout(resolve, delay(name)));
        return score(name, epochs);
      });
    const results = await run((name) => Number(name.slice(1)) % 4);
    expect(results.map(({ ranking }) => ranking.map(({ architecture }) => architecture).slice(0, 3))).to.deep.equal([
      ['a26', 'a25', 'a24'],
      ['a25', 'a24', 'a23'],
      ['a25', 'a24', 'a23'],
      ['a25'],
    ]);
    expect(await run((name) => 3 - (Number(name.slice(1)) % 4))).to.deep.equal(results);
  });

  it('finds the best if short trainings are informative, at a fraction of the cost of training all for long', async () => {
    let epochsSpent = 0;
    const rng = stream(1, 'noise');
    const results = await successiveHalving(names(81), { factor: 3, epochs: 1 }, (name, epochs) => {
      epochsSpent += epochs;
      return Promise.resolve(Number(name.slice(1)) / 81 + (0.1 * rng.normal()) / Math.sqrt(epochs));
    });
    expect(Number(results.at(-1)!.ranking[0]!.architecture.slice(1))).to.be.at.least(76);
    expect(epochsSpent).to.be.at.most(81 * 81 * 0.07);
  });
});

describe('stand-alone training', () => {
  const config = checkConfig({
    space: { name: 'mlp', depth: 2, widths: [16] },
    data: { subset: { train: 300 } },
    retrain: { batchSize: 32, optimizer: { name: 'nesterov', learningRate: 0.1 } },
  });

  it('learns, is the same every time, whether it is interrupted or not, and leaves nothing behind', async () => {
    await loadBackend();
    const parts = openData(config);
    const space = mlp.create({ depth: 2, widths: [16] }, parts.task);
    const data = parts.batches(config, { carries: false });
    const architecture = space.sample(stream(1, 'alone'));
    const before = tf.memory().numTensors;
    const train = (epochs: number) => trainAlone(space, architecture, config, data, { epochs });
    const [short, long] = [await train(1), await train(8)];
    expect(long.accuracy).to.be.above(0.5);
    expect(long.loss).to.be.below(short.loss);
    expect(await train(1)).to.deep.equal(short);

    // Left after five steps, and gone on with by another.
    type Step = Parameters<NonNullable<Parameters<typeof trainAlone>[4]['onStep']>>[0];
    let left: { step: number; learner: ReturnType<Step['snapshot']> } | undefined;
    const stopped = trainAlone(space, architecture, config, data, {
      epochs: 8,
      onStep({ step, snapshot }) {
        if (step < 5) return;
        const { tensors, counts } = snapshot();
        left = {
          step,
          learner: {
            tensors: Object.fromEntries(
              Object.entries(tensors).map(([group, named]) => [group, mapNamed(named, (tensor) => tf.clone(tensor))]),
            ),
            counts,
          },
        };
        throw new Error('enough');
      },
    });
    expect(await stopped.catch((error: Error) => error.message)).to.equal('enough');
    expect(await trainAlone(space, architecture, config, data, { epochs: 8, from: left! })).to.deep.equal(long);
    Object.values(left!.learner.tensors).forEach(disposeNamed);
    expect(tf.memory().numTensors).to.equal(before);
  });
});
