/** Kernels of several sides in one, and images of several sizes. */
import { expect } from 'chai';
import {
  catalogue,
  conv,
  createChild,
  createParameterStore,
  deployedChild,
  deployedWeights,
  multiplyAddCount,
  parameterCount,
  shrinkImage,
  tf,
  valueAndGradients,
} from 'weft-nas';
import { elasticCnn } from '../../search-spaces/elastic-cnn.js';
import { childCatalogue } from '../../src/supernet/catalogue.js';
import { readSlice } from '../../src/supernet/slices.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { meanLoss } from '../../src/training/batch-loss.js';

const TASK = { inputShape: [6, 6, 1], classes: 3 };
const OPTIONS = { widths: [[2, 3]], depths: [1], kernels: [3, 5, 7], expansions: [1], stem: 2 };
const MODE = { training: true, normalization: 'batch' } as const;

describe('kernels of several sizes', () => {
  before(() => loadBackend());

  for (const block of ['inverted', 'plain'] as const)
    it(`are the centre at first, and its transform later: ${block}`, () => {
      const before = tf.memory().numTensors;
      const plain = elasticCnn.create({ ...OPTIONS, block }, TASK);
      const space = elasticCnn.create({ ...OPTIONS, block, transforms: true }, TASK);
      const prefix = block === 'plain' ? 'stage0/block0/conv/linear' : 'stage0/block0/depthwise/linear';
      const all = catalogue(space.supernet).parameters;
      expect(all.get(`${prefix}/transform5`)!.shape).to.deep.equal([25, 25]);
      expect(all.get(`${prefix}/transform3`)!.shape).to.deep.equal([9, 9]);
      const store = createParameterStore(catalogue(space.supernet), 3);
      const x = tf.randomNormal([8, ...TASK.inputShape], 0, 1, 'float32', 5);
      const [small, middle, large] = [0, 1, 2].map((kernel) =>
        createChild(space, space.fromGenotype([1, 0, kernel, 0])),
      );
      const matrices = (child: typeof small): string[] =>
        child!.parameterNames.filter((name) => name.includes('transform')).map((name) => name.split('/').at(-1)!);
      expect([small, middle, large].map(matrices)).to.deep.equal([['transform5', 'transform3'], ['transform5'], []]);
      expect(small!.slices!.get(`${prefix}/kernel`)!.shape.slice(0, 2)).to.deep.equal([5, 5]);
      const logits = (child: typeof small): number[] =>
        tf.tidy(() => [...child!.forward(store.parameters, store.statistics, x, MODE).dataSync()]);
      for (const [kernel, child] of [small, middle, large].entries())
        expect(logits(child)).to.deep.equal(logits(createChild(plain, plain.fromGenotype([1, 0, kernel, 0]))));

      // With other matrices: w5 = M5 vec(centre5 w7), w3 = M3 vec(centre3 w5).
      for (const name of [`${prefix}/transform5`, `${prefix}/transform3`])
        store.assign({ [name]: tf.randomNormal(all.get(name)!.shape as [number, number], 0, 0.4, 'float32', 1) });
      const kernels = tf.tidy(() => {
        const [k7, m5, m3] = ['kernel', 'transform5', 'transform3'].map(
          (local) => store.parameters[`${prefix}/${local}`]!,
        );
        const [, , ins, outs] = k7!.shape as [number, number, number, number];
        const k5 = tf
          .matMul(m5!, tf.slice(k7!, [1, 1, 0, 0], [5, 5, ins, outs]).reshape([25, -1]))
          .reshape([5, 5, ins, outs]);
        const k3 = tf
          .matMul(m3!, tf.slice(k5, [1, 1, 0, 0], [3, 3, ins, outs]).reshape([9, -1]))
          .reshape([3, 3, ins, outs]);
        return { 5: [...k5.dataSync()], 3: [...k3.dataSync()] };
      });
      for (const [child, side] of [
        [small, 3],
        [middle, 5],
      ] as const) {
        const specs = childCatalogue(space, child!).parameters;
        const slices = Object.fromEntries(
          child!.parameterNames.map((name) => [
            name,
            tf.tidy(() => readSlice(store.parameters[name]!, specs.get(name)!).clone()),
          ]),
        );
        const used = deployedChild(child!);
        const weights = deployedWeights(child!, slices);
        expect(Object.keys(weights).sort()).to.deep.equal([...used.parameterNames].sort());
        expect(used.parameterNames.some((name) => name.includes('transform'))).to.equal(false);
        [...weights[`${prefix}/kernel`]!.dataSync()].forEach((value, i) =>
          expect(value).to.be.closeTo(kernels[side][i]!, 1e-5),
        );
        const [a, b] = [logits(child), tf.tidy(() => [...used.forward(weights, store.statistics, x, MODE).dataSync()])];
        a.forEach((value, i) => expect(b[i]).to.be.closeTo(value, 1e-6));
        const alone = plain.activate(plain.fromGenotype([1, 0, side === 3 ? 0 : 1, 0]));
        expect(parameterCount(child!.nodes)).to.equal(parameterCount(alone));
        expect(multiplyAddCount(child!.nodes)).to.equal(multiplyAddCount(alone));
        disposeNamed(slices);
        disposeNamed(weights);
      }

      // They learn with the smaller ones alone.
      const batch = { inputs: x, labels: tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1], 'int32') };
      for (const child of [small, large]) {
        const { value, gradients } = valueAndGradients(
          (now) => meanLoss(child!, now, store.statistics, batch, MODE),
          store.parameters,
        );
        expect(`${prefix}/transform3` in gradients).to.equal(child === small);
        tf.dispose([value, gradients]);
      }
      store.dispose();
      tf.dispose([x, batch.labels]);
      expect(tf.memory().numTensors).to.equal(before);
    });

  it('name an unknown size', () => {
    expect(() => conv({ filters: 2, size: 4, kernels: [3, 5] })).to.throw(/a kernel of side 4 has no transform/);
  });
});

describe('images of several sizes', () => {
  before(() => loadBackend('cpu'));

  const shrunk = (
    values: number[],
    shape: [number, number, number],
    size: number,
  ): { shape: number[]; values: number[] } =>
    tf.tidy(() => {
      const built = shrinkImage({ size }).build([shape]);
      const y = built.forward([tf.tensor(values, [1, ...shape])], undefined as never);
      expect(y.shape.slice(1)).to.deep.equal(built.output);
      return { shape: y.shape, values: [...y.dataSync()] };
    });

  it('are area means', () => {
    expect(shrunk([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], [4, 4, 1], 2).values).to.deep.equal([
      3.5, 5.5, 11.5, 13.5,
    ]);
    // Of three pixels each new one covers one and a half.
    const { values } = shrunk([0, 3, 6, 0, 3, 6, 0, 3, 6], [3, 3, 1], 2);
    [1, 5, 1, 5].forEach((value, i) => expect(values[i]).to.be.closeTo(value, 1e-6));
    expect(shrunk([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2], 1).values).to.deep.equal([4, 5]);
    expect(shrunk([1, 2, 3, 4], [2, 2, 1], 2).values).to.deep.equal([1, 2, 3, 4]);
    expect(
      shrunk(
        Array.from({ length: 8 }, (_, i) => i),
        [2, 4, 1],
        2,
      ).shape,
    ).to.deep.equal([1, 1, 2, 1]);
    expect(() => shrinkImage({ size: 5 }).build([[4, 4, 1]])).to.throw(/4x4 pixels cannot be shrunk to 5/);
  });

  it('give networks with the same weights, and count in their cost', () => {
    const space = elasticCnn.create({ ...OPTIONS, resolutions: [3, 6] }, TASK);
    const [low, high] = [0, 1].map((resolution) => createChild(space, space.fromGenotype([resolution, 1, 0, 0, 0])));
    expect(low!.parameterNames).to.deep.equal(high!.parameterNames);
    expect(multiplyAddCount(low!.nodes)).to.be.lessThan(multiplyAddCount(high!.nodes) / 2);
    expect(space.size()).to.equal(2n * elasticCnn.create(OPTIONS, TASK).size());
  });
});
