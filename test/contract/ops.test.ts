/**
 * Every operation of `nn.ts` has the same values and gradients on every backend: the plain JavaScript
 * backend, computed from the library's own kernels where it has them, is the reference.
 */
import { expect } from 'chai';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import * as nn from '../../src/tensor/nn.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../../src/tensor/tf.js';
import { loads, PORTABLE } from '../tensor/backends.js';

type Arguments = Record<string, Tensor>;

interface Case {
  /** Shapes of the differentiable arguments. */
  shapes: Record<string, number[]>;
  run: (x: Arguments) => Tensor | Tensor[];
  /** Largest difference, relative to the largest magnitude. */
  tolerance?: number;
}

const image = (n: number, h: number, w: number, c: number): number[] => [n, h, w, c];
const ids = (values: number[]): Tensor1D => tf.tensor1d(values, 'int32');

function windows(make: (window: nn.Window2D) => Case): Record<string, Case> {
  const cases: Record<string, Case> = {};
  for (const stride of [1, 2])
    for (const padding of ['same', 'valid'] as const) cases[`stride ${stride}, ${padding}`] = make({ stride, padding });
  return cases;
}

function named(prefix: string, cases: Record<string, Case>): Record<string, Case> {
  return Object.fromEntries(Object.entries(cases).map(([name, value]) => [`${prefix}${name}`, value]));
}

const convolution = (x: number[], kernel: number[]) =>
  windows((window) => ({
    shapes: { x, kernel },
    run: (a) => nn.conv2d(a['x'] as Tensor4D, a['kernel'] as Tensor4D, window),
  }));
const depthwise = (x: number[], kernel: number[]) =>
  windows((window) => ({
    shapes: { x, kernel },
    run: (a) => nn.depthwiseConv2d(a['x'] as Tensor4D, a['kernel'] as Tensor4D, window),
  }));
const factorized = (x: number[]): Case => ({
  shapes: { x, even: [1, 1, x[3]!, 2], odd: [1, 1, x[3]!, 3] },
  run: (a) => nn.factorizedReduction(a['x'] as Tensor4D, a['even'] as Tensor4D, a['odd'] as Tensor4D),
});
const pooling = (pool: (x: Tensor4D, options: nn.Pool2D) => Tensor, x: number[], size: number) =>
  windows((window) => ({
    shapes: { x },
    run: (a) => pool(a['x'] as Tensor4D, { size, ...window }),
  }));
const elementwise = (f: (x: Tensor) => Tensor): Record<string, Case> => ({
  '3x5': { shapes: { x: [3, 5] }, run: (a) => f(a['x']!) },
});
const normalization = (shape: number[]): Case => ({
  shapes: { x: shape, scale: [shape.at(-1)!], offset: [shape.at(-1)!] },
  run: (a) => nn.batchNorm(a['x']!, a['scale'] as Tensor1D, a['offset'] as Tensor1D).y,
});

const TABLE: Record<keyof typeof nn, Record<string, Case>> = {
  conv2d: {
    ...named('1x1 ', convolution(image(2, 5, 6, 3), [1, 1, 3, 4])),
    ...named('3x3 ', convolution(image(2, 5, 7, 3), [3, 3, 3, 4])),
    ...named('5x5, one channel, ', convolution(image(3, 8, 7, 1), [5, 5, 1, 2])),
    ...named('3x2, one filter, ', convolution(image(1, 6, 6, 2), [3, 2, 2, 1])),
  },
  factorizedReduction: {
    'even size': factorized(image(2, 6, 4, 3)),
    'odd size': factorized(image(1, 7, 5, 2)),
  },
  depthwiseConv2d: {
    ...named('3x3 ', depthwise(image(2, 5, 7, 3), [3, 3, 3, 1])),
    ...named('5x5 ', depthwise(image(2, 8, 7, 2), [5, 5, 2, 1])),
    ...named('3x3, multiplier 2, ', depthwise(image(2, 6, 5, 2), [3, 3, 2, 2])),
  },
  dense: {
    'without bias': {
      shapes: { x: [3, 4], kernel: [4, 2] },
      run: (a) => nn.dense(a['x'] as Tensor2D, a['kernel'] as Tensor2D),
    },
    'with bias': {
      shapes: { x: [3, 4], kernel: [4, 2], bias: [2] },
      run: (a) => nn.dense(a['x'] as Tensor2D, a['kernel'] as Tensor2D, a['bias'] as Tensor1D),
    },
  },
  batchNorm: {
    images: { ...normalization([3, 5, 4, 2]), tolerance: 2e-5 },
    'one channel': { ...normalization([2, 3, 3, 1]), tolerance: 2e-5 },
    'many images': { ...normalization([64, 16, 16, 12]), tolerance: 2e-5 },
    features: { ...normalization([7, 3]), tolerance: 2e-5 },
    sequences: { ...normalization([2, 4, 3]), tolerance: 2e-5 },
    statistics: {
      shapes: { x: [3, 5, 4, 2] },
      run: (a) => {
        const { mean, variance } = nn.batchNorm(a['x']!, tf.ones([2]), tf.zeros([2]));
        return [mean, variance];
      },
    },
  },
  batchNormInference: {
    images: {
      shapes: { x: [2, 3, 4, 3], scale: [3], offset: [3], mean: [3] },
      run: (a) =>
        nn.batchNormInference(
          a['x']!,
          a['scale'] as Tensor1D,
          a['offset'] as Tensor1D,
          a['mean'] as Tensor1D,
          tf.tensor1d([0.5, 1, 2]),
        ),
    },
  },
  layerNorm: {
    features: {
      shapes: { x: [4, 6], scale: [6], offset: [6] },
      tolerance: 2e-5,
      run: (a) => nn.layerNorm(a['x']!, a['scale'] as Tensor1D, a['offset'] as Tensor1D),
    },
  },
  relu: elementwise(nn.relu),
  tanh: elementwise(nn.tanh),
  sigmoid: elementwise(nn.sigmoid),
  gelu: elementwise(nn.gelu),
  maxPool: {
    ...named('3x3 ', pooling(nn.maxPool, image(2, 5, 7, 3), 3)),
    ...named('2x2, one channel, ', pooling(nn.maxPool, image(2, 6, 5, 1), 2)),
  },
  avgPool: {
    ...named('3x3 ', pooling(nn.avgPool, image(2, 5, 7, 3), 3)),
    ...named('2x2, one channel, ', pooling(nn.avgPool, image(2, 6, 5, 1), 2)),
    ...named('5x5 ', pooling(nn.avgPool, image(1, 6, 5, 2), 5)),
  },
  globalAveragePool: { images: { shapes: { x: [2, 3, 5, 4] }, run: (a) => nn.globalAveragePool(a['x'] as Tensor4D) } },
  softmaxCrossEntropy: {
    '4 classes': {
      shapes: { logits: [5, 4] },
      run: (a) => nn.softmaxCrossEntropy(a['logits'] as Tensor2D, ids([0, 3, 1, 1, 2])),
    },
    'many classes, large logits': {
      shapes: { logits: [3, 400] },
      run: (a) => nn.softmaxCrossEntropy(tf.mul(a['logits'] as Tensor2D, 200), ids([399, 0, 7])),
    },
  },
  embedding: {
    sequences: {
      shapes: { table: [5, 3] },
      run: (a) =>
        nn.embedding(
          a['table'] as Tensor2D,
          tf.tensor2d(
            [
              [4, 0, 2],
              [2, 2, 1],
            ],
            [2, 3],
            'int32',
          ),
        ),
    },
  },
  recurrentCell: {
    'one node, one step': cell([{ from: 0, activation: 'tanh' }], [1, 2, 3, 4]),
    'five nodes': cell(
      [
        { from: 0, activation: 'tanh' },
        { from: 0, activation: 'relu' },
        { from: 1, activation: 'identity' },
        { from: 0, activation: 'sigmoid' },
        { from: 3, activation: 'tanh' },
      ],
      [3, 2, 3, 4],
    ),
  },
  lstmCell: {
    'with bias': {
      shapes: { x: [3, 2], c: [3, 4], h: [3, 4], kernel: [6, 16], bias: [16] },
      run: (a) => {
        const { c, h } = nn.lstmCell(
          a['x'] as Tensor2D,
          { c: a['c'] as Tensor2D, h: a['h'] as Tensor2D },
          a['kernel'] as Tensor2D,
          a['bias'] as Tensor1D,
        );
        return [c, h];
      },
    },
    'without bias': {
      shapes: { x: [3, 2], c: [3, 4], h: [3, 4], kernel: [6, 16] },
      run: (a) =>
        nn.lstmCell(a['x'] as Tensor2D, { c: a['c'] as Tensor2D, h: a['h'] as Tensor2D }, a['kernel'] as Tensor2D).h,
    },
  },
};

/** A cell with every activation, a node that two others read, and several leaves. */
function cell(nodes: nn.CellNode[], [steps, batch, features, units]: [number, number, number, number]): Case {
  const kernels = Object.fromEntries(
    nodes.map((_, j) => [`kernel${j}`, [j === 0 ? features + units : units, 2 * units]]),
  );
  return {
    shapes: { x: [steps, batch, features], state: [batch, units], ...kernels },
    tolerance: 2e-5,
    run: (a) =>
      nn.recurrentCell({ x: a['x']!, state: a['state']!, kernels: nodes.map((_, j) => a[`kernel${j}`]!) }, nodes),
  };
}

/** Outputs, and gradients of their inner product with fixed random numbers. */
function evaluate({ shapes, run }: Case): { shapes: string[]; values: Float32Array[] } {
  const rng = stream('contract/ops');
  const random = (shape: number[]): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tf.tensor(
      Float32Array.from({ length: size }, () => rng.normal()),
      shape,
    );
  };
  const before = tf.memory().numTensors;
  const result = tidy(() => {
    const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, random(shape)]));
    const { gradients, aux } = valueAndGradients(
      (x) => {
        const output = run(x);
        const outputs = Array.isArray(output) ? output : [output];
        const loss = tf.addN(outputs.map((y) => tf.sum(tf.mul(y, random(y.shape))))) as tf.Scalar;
        return { loss, aux: Object.fromEntries(outputs.map((y, i) => [`output ${i}`, y])) };
      },
      inputs,
      { unused: 'zero' },
    );
    const tensors = [...Object.values(aux), ...Object.values(gradients)];
    return { shapes: tensors.map((t) => String(t.shape)), values: tensors.map((t) => t.dataSync() as Float32Array) };
  });
  expect(tf.memory().numTensors, 'tensors left behind').to.equal(before);
  return result;
}

describe('operations of nn.ts', () => {
  const reference = new Map<Case, ReturnType<typeof evaluate>>();

  it('are all in the table', () => {
    for (const name of Object.keys(nn)) expect(Object.keys(TABLE[name as keyof typeof nn] ?? {}), name).to.not.be.empty;
  });

  // The reference comes first.
  for (const backend of PORTABLE.toReversed()) {
    describe(`on ${backend}`, () => {
      before(async function () {
        if (!(await loads(backend))) this.skip();
      });
      for (const [operation, cases] of Object.entries(TABLE)) {
        for (const [name, example] of Object.entries(cases)) {
          it(`${operation}: ${name}`, () => {
            const found = evaluate(example);
            if (backend === 'cpu') reference.set(example, found);
            const expected = reference.get(example)!;
            expect(found.shapes).to.deep.equal(expected.shapes);
            found.values.forEach((values, i) => expectClose(values, expected.values[i]!, example.tolerance ?? 5e-6));
          });
        }
      }
    });
  }
});

function expectClose(found: Float32Array, expected: Float32Array, tolerance: number): void {
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const wrong = found.findIndex((value, i) => !(Math.abs(value - expected[i]!) <= tolerance * scale));
  if (wrong >= 0) expect(found[wrong], `entry ${wrong}`).to.be.closeTo(expected[wrong]!, tolerance * scale);
}
