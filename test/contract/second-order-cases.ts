/**
 * What the contract of second derivatives is checked on: for every operation a float64 reference.
 */
import * as nn from '../../src/tensor/nn.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../../src/tensor/tf.js';
import * as float64 from './float64-nn.js';

type Tensors = Record<string, Tensor>;
type Arrays = Record<string, float64.Array64>;

export interface Case {
  /** Shapes of the arguments with respect to which the second derivative is taken. */
  shapes: Record<string, number[]>;
  run: (x: Tensors) => Tensor;
  reference: (x: Arrays) => float64.Array64;
  /** Moves random numbers to where the operation is defined and smooth. */
  place?: (value: number) => number;
}

const ids = (values: number[]): Tensor1D => tf.tensor1d(values, 'int32');

function windows(make: (window: float64.Window) => Case): Record<string, Case> {
  const cases: Record<string, Case> = {};
  for (const stride of [1, 2])
    for (const padding of ['same', 'valid'] as const) cases[`stride ${stride}, ${padding}`] = make({ stride, padding });
  return cases;
}

function convolution(label: string, kernelShape: number[]): Record<string, Case> {
  const cases = windows((window) => ({
    shapes: { x: [2, 4, 5, 2], kernel: kernelShape },
    run: ({ x, kernel }) => nn.conv2d(x as Tensor4D, kernel as Tensor4D, window),
    reference: ({ x, kernel }) => float64.conv2d(x!, kernel!, window),
  }));
  return Object.fromEntries(Object.entries(cases).map(([name, example]) => [`${label}, ${name}`, example]));
}

const elementwise = (
  run: (x: Tensor) => Tensor,
  reference: (x: float64.Array64) => float64.Array64,
): Record<string, Case> => ({
  '3x4': { shapes: { x: [3, 4] }, run: ({ x }) => run(x!), reference: ({ x }) => reference(x!) },
});

const pooling = (
  size: number,
  run: (x: Tensor4D, options: nn.Pool2D) => Tensor,
  reference: (x: float64.Array64, size: number, window: float64.Window) => float64.Array64,
) =>
  windows((window) => ({
    shapes: { x: [2, 5, 4, 2] },
    run: ({ x }) => run(x as Tensor4D, { size, ...window }),
    reference: ({ x }) => reference(x!, size, window),
  }));

const normalization = (
  shape: number[],
  run: (x: Tensor, scale: Tensor1D, offset: Tensor1D) => Tensor,
  reference: typeof float64.batchNorm,
): Case => ({
  shapes: { x: shape, scale: [shape.at(-1)!], offset: [shape.at(-1)!] },
  run: ({ x, scale, offset }) => run(x!, scale as Tensor1D, offset as Tensor1D),
  reference: ({ x, scale, offset }) => reference(x!, scale!, offset!),
});

const CELL: nn.CellNode[] = [
  { from: 0, activation: 'tanh' },
  { from: 0, activation: 'sigmoid' },
  { from: 1, activation: 'identity' },
  { from: 0, activation: 'relu' },
];

/** The operations of `nn.ts`. */
export const OPERATIONS: Record<keyof typeof nn, Record<string, Case>> = {
  conv2d: { ...convolution('3x3', [3, 3, 2, 2]), ...convolution('1x1', [1, 1, 2, 3]) },
  factorizedReduction: {
    'odd sides': {
      shapes: { x: [2, 3, 5, 2], even: [1, 1, 2, 2], odd: [1, 1, 2, 1] },
      run: ({ x, even, odd }) => nn.factorizedReduction(x as Tensor4D, even as Tensor4D, odd as Tensor4D),
      reference: ({ x, even, odd }) => float64.factorizedReduction(x!, even!, odd!),
    },
  },
  depthwiseConv2d: windows((window) => ({
    shapes: { x: [2, 4, 5, 2], kernel: [3, 3, 2, 1] },
    run: ({ x, kernel }) => nn.depthwiseConv2d(x as Tensor4D, kernel as Tensor4D, window),
    reference: ({ x, kernel }) => float64.depthwiseConv2d(x!, kernel!, window),
  })),
  dense: {
    'with bias': {
      shapes: { x: [3, 4], kernel: [4, 2], bias: [2] },
      run: ({ x, kernel, bias }) => nn.dense(x as Tensor2D, kernel as Tensor2D, bias as Tensor1D),
      reference: ({ x, kernel, bias }) => float64.dense(x!, kernel!, bias),
    },
    'without bias': {
      shapes: { x: [3, 4], kernel: [4, 2] },
      run: ({ x, kernel }) => nn.dense(x as Tensor2D, kernel as Tensor2D),
      reference: ({ x, kernel }) => float64.dense(x!, kernel!),
    },
  },
  batchNorm: {
    images: normalization([2, 3, 2, 2], (x, scale, offset) => nn.batchNorm(x, scale, offset).y, float64.batchNorm),
    features: normalization([6, 3], (x, scale, offset) => nn.batchNorm(x, scale, offset).y, float64.batchNorm),
  },
  batchNormInference: {
    images: normalization(
      [2, 2, 2, 2],
      (x, scale, offset) => nn.batchNormInference(x, scale, offset, tf.tensor1d([0.5, -1]), tf.tensor1d([2, 0.5])),
      (x, scale, offset) =>
        float64.batchNormInference(
          x,
          scale,
          offset,
          { shape: [2], data: Float64Array.of(0.5, -1) },
          { shape: [2], data: Float64Array.of(2, 0.5) },
        ),
    ),
  },
  layerNorm: { features: normalization([3, 5], nn.layerNorm, float64.layerNorm) },
  relu: elementwise(nn.relu, float64.relu),
  tanh: elementwise(nn.tanh, float64.tanh),
  sigmoid: elementwise(nn.sigmoid, float64.sigmoid),
  gelu: elementwise(nn.gelu, float64.gelu),
  maxPool: pooling(3, nn.maxPool, float64.maxPool),
  avgPool: pooling(3, nn.avgPool, float64.avgPool),
  globalAveragePool: {
    images: {
      shapes: { x: [2, 3, 2, 2] },
      run: ({ x }) => nn.globalAveragePool(x as Tensor4D),
      reference: ({ x }) => float64.globalAveragePool(x!),
    },
  },
  softmaxCrossEntropy: {
    '4 classes': {
      shapes: { logits: [3, 4] },
      run: ({ logits }) => nn.softmaxCrossEntropy(logits as Tensor2D, ids([2, 0, 3])),
      reference: ({ logits }) => float64.softmaxCrossEntropy(logits!, [2, 0, 3]),
    },
  },
  embedding: {
    'repeated rows': {
      shapes: { table: [4, 2] },
      run: ({ table }) => nn.embedding(table as Tensor2D, ids([3, 0, 3])),
      reference: ({ table }) => float64.embedding(table!, [3, 0, 3]),
    },
  },
  recurrentCell: {
    'every activation': {
      shapes: { x: [2, 2, 2], state: [2, 2], a: [4, 4], b: [2, 4], c: [2, 4], d: [2, 4] },
      run: ({ x, state, a, b, c, d }) =>
        tf.reshape(nn.recurrentCell({ x: x!, state: state!, kernels: [a!, b!, c!, d!] }, CELL), [4, 2]),
      reference: ({ x, state, a, b, c, d }) => float64.recurrentCell(x!, state!, [a!, b!, c!, d!], CELL, [2, 3]),
    },
  },
  lstmCell: {
    'both states': {
      shapes: { x: [2, 2], c: [2, 3], h: [2, 3], kernel: [5, 12], bias: [12] },
      run: (a) => {
        const next = nn.lstmCell(
          a['x'] as Tensor2D,
          { c: a['c'] as Tensor2D, h: a['h'] as Tensor2D },
          a['kernel'] as Tensor2D,
          a['bias'] as Tensor1D,
        );
        return tf.concat([next.c, next.h], 1);
      },
      reference: ({ x, c, h, kernel, bias }) => float64.lstmCell(x!, c!, h!, kernel!, bias),
    },
  },
};

const numbers = (shape: number[], f: (index: number) => number): float64.Array64 => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i)),
});

const positive = (value: number): number => 0.5 + Math.abs(value);

const unary = (run: (x: Tensor) => Tensor, f: (x: number) => number, place?: (value: number) => number): Case => ({
  shapes: { x: [3, 4] },
  run: ({ x }) => run(x!),
  reference: ({ x }) => numbers([3, 4], (i) => f(x!.data[i]!)),
  ...(place && { place }),
});

const binary = (
  run: (a: Tensor, b: Tensor) => Tensor,
  f: (a: number, b: number) => number,
  place?: (value: number) => number,
): Case => ({
  shapes: { a: [3, 4], b: [4] },
  run: ({ a, b }) => run(a!, b!),
  reference: ({ a, b }) => numbers([3, 4], (i) => f(a!.data[i]!, b!.data[i % 4]!)),
  ...(place && { place }),
});

/** From rows of four. */
const rowwise = (run: (x: Tensor) => Tensor, f: (row: number[]) => number[]): Case => ({
  shapes: { x: [3, 4] },
  run: ({ x }) => run(x!),
  reference: ({ x }) => {
    const rows = [0, 1, 2].map((row) => f([...x!.data.subarray(row * 4, row * 4 + 4)]));
    return { shape: [3, rows[0]!.length], data: Float64Array.from(rows.flat()) };
  },
});

/** Values of x [3,4] at these places, 0 at place -1. */
const rearranged = (run: (x: Tensor) => Tensor, places: number[]): Case => ({
  shapes: { x: [3, 4] },
  run: ({ x }) => run(x!),
  reference: ({ x }) => numbers([places.length], (i) => (places[i] === -1 ? 0 : x!.data[places[i]!]!)),
});

const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const logSumExp = (row: number[]): number => Math.log(total(row.map(Math.exp)));

/** Operations of TensorFlow.js itself that stand between those of `nn.ts`, in losses and in models of one's own. */
export const STOCK: Record<string, Case> = {
  abs: unary(tf.abs, Math.abs),
  clipByValue: unary(
    (x) => tf.clipByValue(x, -0.5, 0.7),
    (x) => Math.min(Math.max(x, -0.5), 0.7),
  ),
  exp: unary(tf.exp, Math.exp),
  leakyRelu: unary(
    (x) => tf.leakyRelu(x, 0.1),
    (x) => (x > 0 ? x : 0.1 * x),
  ),
  log: unary(tf.log, Math.log, positive),
  log1p: unary(tf.log1p, Math.log1p, positive),
  neg: unary(tf.neg, (x) => -x),
  relu6: unary(
    (x) => tf.relu6(tf.mul(x, 6)),
    (x) => Math.min(Math.max(6 * x, 0), 6),
  ),
  rsqrt: unary(tf.rsqrt, (x) => 1 / Math.sqrt(x), positive),
  selu: unary(tf.selu, (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))),
  softplus: unary(tf.softplus, (x) => Math.log1p(Math.exp(x))),
  sqrt: unary(tf.sqrt, Math.sqrt, positive),
  square: unary(tf.square, (x) => x * x),
  add: binary(tf.add, (a, b) => a + b),
  addN: binary(
    (a, b) => tf.addN([a, tf.mul(a, b), a]),
    (a, b) => 2 * a + a * b,
  ),
  div: binary(tf.div, (a, b) => a / b, positive),
  // The library's gradients of these two do not undo broadcasting.
  maximum: binary((a, b) => tf.maximum(a, tf.mul(b, tf.ones([3, 1]))), Math.max),
  minimum: binary((a, b) => tf.minimum(a, tf.mul(b, tf.ones([3, 1]))), Math.min),
  mul: binary(tf.mul, (a, b) => a * b),
  pow: binary(tf.pow, (a, b) => a ** b, positive),
  sub: binary(tf.sub, (a, b) => a - b),
  where: binary(
    (a, b) => tf.where(tf.greater(a, b), tf.square(a), tf.mul(a, b)),
    (a, b) => (a > b ? a * a : a * b),
  ),
  logSoftmax: rowwise(
    (x) => tf.logSoftmax(x),
    (row) => row.map((value) => value - logSumExp(row)),
  ),
  logSumExp: rowwise(
    (x) => tf.logSumExp(x, -1, true),
    (row) => [logSumExp(row)],
  ),
  max: rowwise(
    (x) => tf.max(x, -1, true),
    (row) => [Math.max(...row)],
  ),
  mean: rowwise(
    (x) => tf.mean(x, -1, true),
    (row) => [total(row) / 4],
  ),
  min: rowwise(
    (x) => tf.min(x, -1, true),
    (row) => [Math.min(...row)],
  ),
  moments: rowwise(
    (x) => tf.moments(x, -1, true).variance,
    (row) => [total(row.map((value) => (value - total(row) / 4) ** 2)) / 4],
  ),
  softmax: rowwise(
    (x) => tf.softmax(x),
    (row) => row.map((value) => Math.exp(value - logSumExp(row))),
  ),
  sum: rowwise(
    (x) => tf.sum(x, -1, true),
    (row) => [total(row)],
  ),
  cast: rearranged((x) => tf.mul(x, tf.cast(tf.greater(x, -10), 'float32')), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
  concat: rearranged(
    (x) => tf.concat([x, tf.square(x)], 1).slice([0, 0], [3, 4]),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  ),
  gather: rearranged((x) => tf.gather(x, ids([2, 2])), [8, 9, 10, 11, 8, 9, 10, 11]),
  pad: rearranged(
    (x) =>
      tf.pad(tf.slice(x, [0, 0], [1, 3]), [
        [0, 0],
        [1, 1],
      ]),
    [-1, 0, 1, 2, -1],
  ),
  slice: rearranged((x) => tf.slice(x, [1, 1], [2, 2]), [5, 6, 9, 10]),
  split: rearranged((x) => tf.split(x, 2, 1)[1]!, [2, 3, 6, 7, 10, 11]),
  stack: rearranged((x) => tf.stack([x, x]).slice([1], [1]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
  tile: rearranged((x) => tf.tile(tf.slice(x, [0, 0], [1, 2]), [2, 1]), [0, 1, 0, 1]),
  transpose: rearranged(tf.transpose, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]),
  unstack: rearranged((x) => tf.unstack(x)[1]!, [4, 5, 6, 7]),
  matMul: {
    shapes: { a: [3, 2], b: [2, 4] },
    run: ({ a, b }) => tf.matMul(a!, b!),
    reference: ({ a, b }) => float64.matMul(a!, b!),
  },
  'matMul of batches': {
    shapes: { a: [2, 2, 3], b: [2, 4, 3] },
    run: ({ a, b }) => tf.matMul(a!, b!, false, true),
    reference: ({ a, b }) =>
      numbers([16], (i) => {
        const [batch, row, column] = [i >> 3, (i >> 2) & 1, i & 3];
        return total(
          [0, 1, 2].map((k) => a!.data[(batch * 2 + row) * 3 + k]! * b!.data[(batch * 4 + column) * 3 + k]!),
        );
      }),
  },
};
