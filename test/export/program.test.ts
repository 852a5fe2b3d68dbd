import { expect } from 'chai';
import fc from 'fast-check';
import { WeftError } from '../../src/errors.js';
import { type GraphModel, tracedModel } from '../../src/export/graph-model.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { batchNormInference, dense, maxPool } from '../../src/tensor/nn.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../../src/tensor/tf.js';
import { functionChild } from './trained.js';

type F = (x: Tensor) => Tensor;

const exported = async (f: F): Promise<GraphModel> => (await tracedModel(functionChild(f), 'test', {})).artifacts;
const random = (name: string, ...shape: number[]): Tensor => {
  const rng = stream('program', name);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.normal()),
    shape,
  );
};
const vector = (name: string, length: number): Tensor1D => random(name, length) as Tensor1D;
const positive = (name: string, length: number): Tensor1D => tf.add(tf.abs(vector(name, length)), 0.2);
const kernel = (): Tensor4D => random('kernel', 3, 3, 2, 3) as Tensor4D;
const conv = (x: Tensor): Tensor4D => tf.conv2d(x as Tensor4D, kernel(), 1, 'same');

/** The operations but for input, constants and outputs, and the scale and offset of the input. */
const operations = ({ modelTopology }: GraphModel): string[] => {
  const [scale, offset, ...rest] = (modelTopology as { node: { op: string }[] }).node
    .map(({ op }) => op)
    .filter((op) => !['Placeholder', 'Const', 'Identity'].includes(op));
  expect([scale, offset]).to.deep.equal(['Mul', 'AddV2']);
  return rest;
};

const normalize =
  (name: string, channels: number): F =>
  (x) =>
    batchNormInference(
      x,
      vector(`${name}-scale`, channels),
      vector(`${name}-offset`, channels),
      vector(`${name}-mean`, channels),
      positive(`${name}-variance`, channels),
    );

describe('exported programs', () => {
  before(async () => {
    await loadBackend('cpu');
  });

  it('have everything that depends only on parameters as constants', async () => {
    const model = await exported((x) =>
      tf.matMul(tf.reshape(x, [-1, 32]), tf.transpose(tf.exp(random('product', 5, 32)))),
    );
    expect(operations(model)).to.deep.equal(['Reshape', 'MatMul', 'Reshape', 'Softmax']);
  });

  it('have the parts of Weft’s own kernels', async () => {
    const model = await exported((x) =>
      dense(
        tf.reshape(maxPool(tf.relu(x) as Tensor4D, { size: 2, stride: 2 }), [-1, 8]),
        random('dense', 8, 3) as Tensor2D,
        vector('bias', 3),
      ),
    );
    expect(operations(model)).to.deep.equal(['Relu', 'MaxPool', 'Reshape', 'MatMul', 'AddV2', 'Reshape', 'Softmax']);
  });

  it('have normalization folded into the convolution before it', async () => {
    const model = await exported((x) => tf.relu(normalize('norm', 3)(conv(x))));
    expect(operations(model)).to.deep.equal(['Conv2D', 'AddV2', 'Relu', 'Reshape', 'Softmax']);
  });

  it('keep the convolution unchanged if its output is also used elsewhere', async () => {
    const model = await exported((x) => {
      const y = conv(x);
      return tf.add(normalize('norm', 3)(y), tf.relu(y));
    });
    expect(operations(model)).to.deep.equal(['Conv2D', 'Mul', 'AddV2', 'Relu', 'AddV2', 'Reshape', 'Softmax']);
  });

  it('subtract large means first, to which an offset would lose its last digits', async () => {
    const far =
      (mean: number): F =>
      (x) =>
        tf.relu(tf.div(tf.sub(x, tf.tensor1d([mean, mean])), tf.tensor1d([3, 4])));
    expect(operations(await exported((x) => conv(far(2e4)(x))))).to.include.members(['Sub', 'RealDiv']);
    expect(operations(await exported((x) => conv(far(2)(x))))).to.deep.equal(['Relu', 'Conv2D', 'Reshape', 'Softmax']);
  });

  it('fold any sequence of scales and offsets without changing the function', () => {
    const step = fc.constantFrom<F>(
      normalize('a', 3),
      (x) => tf.add(x, 0.5),
      (x) => tf.sub(vector('b', 3), x),
      (x) => tf.mul(vector('c', 3), x),
      (x) => tf.div(x, positive('d', 3)),
      (x) => tf.div(2, tf.add(tf.square(x), 1)),
      tf.relu,
      (x) => tf.add(x, random('e', 4, 4, 3)),
      (x) => tf.mul(x, tf.sigmoid(x)),
      (x) => tf.depthwiseConv2d(x as Tensor4D, random('f', 3, 3, 3, 1) as Tensor4D, 1, 'same'),
      (x) => tf.conv2d(x as Tensor4D, random('g', 1, 1, 3, 3) as Tensor4D, 1, 'same'),
    );
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const f: F = (x) => steps.reduce((y, apply) => apply(y), conv(x) as Tensor);
        const before = tf.memory().numTensors;
        const model = await tf.loadGraphModel(tf.io.fromMemory(await exported(f)));
        tf.tidy(() => {
          const x = random('x', 5, 4, 4, 2);
          const [expected, actual] = [f(x).dataSync(), (model.execute(x, 'logits') as Tensor).dataSync()];
          const largest = Math.max(1, ...expected.map(Math.abs));
          expected.forEach((value, i) => expect(Math.abs(actual[i]! - value)).to.be.at.most(1e-5 * largest));
        });
        model.dispose();
        expect(tf.memory().numTensors).to.equal(before);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('name nodes after their weights', async () => {
    const weights = { 'block/conv/kernel': kernel(), 'block/norm/offset': vector('offset', 3) };
    const trained = functionChild((x) =>
      tf.add(tf.conv2d(x as Tensor4D, weights['block/conv/kernel'], 1, 'same'), weights['block/norm/offset']),
    );
    const {
      artifacts: { modelTopology },
    } = await tracedModel({ ...trained, store: { parameters: weights, statistics: {} } }, 'test', {});
    const names = (modelTopology as { node: { name: string }[] }).node.map(({ name }) => name);
    expect(names).to.include.members([
      'input',
      'block/conv/kernel',
      'block/conv/Conv2D',
      'block/conv/bias',
      'logits',
      'probabilities',
    ]);
    expect(new Set(names).size).to.equal(names.length);
    tf.dispose(weights);
  });
});

describe('what cannot be exported', () => {
  before(async () => {
    await loadBackend('cpu');
  });

  const REFUSED: Readonly<Record<string, readonly [F, RegExp]>> = {
    'a shape that holds the batch size': [
      (x) => tf.tile(tf.mean(x, 0, true), [x.shape[0], 1, 1, 1]),
      /'Tile' computes differently/,
    ],
    'a part of the batch': [
      (x) =>
        tf.pad(tf.slice(x, [0, 0, 0, 0], [1, 4, 4, 2]), [
          [0, x.shape[0] - 1],
          [0, 0],
          [0, 0],
          [0, 0],
        ]),
      /'PadV2' computes differently/,
    ],
    'a constant with the batch size': [
      (x) => tf.mul(x, tf.ones([x.shape[0], 1, 1, 1])),
      /'Multiply' computes differently/,
    ],
    'random numbers': [(x) => tf.mul(x, tf.randomNormal([2])), /'Multiply' computes differently/],
    'values read into JavaScript': [(x) => tf.mul(x, x.dataSync()[0]!), /'Multiply' computes differently/],
    'other kernels for other values': [(x) => (x.shape[0] === 2 ? tf.relu(x) : x), /the network computes differently/],
    'a sudden turn at a number of examples': [
      (x) => tf.mul(x, x.shape[0] === 4 ? 2 : 1),
      /the exported graph differs from the network/,
    ],
    'a kernel that TensorFlow lacks': [(x) => tf.step(x), /no operation for the kernel 'Step'/],
    'padding by numbers of a pool': [(x) => tf.maxPool(x as Tensor4D, 2, 1, 1), /'MaxPool' cannot take numbers/],
  };
  for (const [name, [f, message]] of Object.entries(REFUSED)) {
    it(`${name}: is named in the error, and nothing leaks`, async () => {
      const before = tf.memory().numTensors;
      const error = await exported(f).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(WeftError);
      expect(error).to.include({ code: 'export' });
      expect((error as WeftError).message).to.match(message);
      expect((error as WeftError).hint).to.be.a('string');
      expect(tf.memory().numTensors).to.equal(before);
    });
  }
});
