/**
 * The differentiable operations that networks are made of. Every operation here has the same values
 * and gradients on every backend, and a correct second derivative.
 */
import { batchNorm as normalizeBatch } from './kernels/batch-norm.js';
import { corners } from './kernels/corners.js';
import { crossEntropy } from './kernels/cross-entropy.js';
import { dense as denseWithBias } from './kernels/dense.js';
import { maxPool as maximumOfWindows } from './kernels/max-pool.js';
import { pointwise } from './kernels/pointwise.js';
import { recordOn } from './tape.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from './tf.js';

export { recurrentCell, type CellActivation, type CellNode } from './recurrent-cell.js';

export interface Window2D {
  /** Step in both directions; 1 by default. */
  stride?: number;
  padding?: 'same' | 'valid';
}

/** 2-D convolution: x [N,H,W,C], kernel [kh,kw,C,O] -> [N,H',W',O]. */
export function conv2d(x: Tensor4D, kernel: Tensor4D, { stride = 1, padding = 'same' }: Window2D = {}): Tensor4D {
  const [height, width] = kernel.shape;
  if (height === 1 && width === 1 && stride === 1) return pointwise({ x, kernel }, { transpose: false });
  return tf.conv2d(x, kernel, stride, padding);
}

/**
 * Halves an image, as the ENAS child does (arXiv 1802.03268), with two 1x1 convolutions of different pixels: one of
 * every second pixel, concatenated with one of the pixels in between: x [N,H,W,C], even [1,1,C,A], odd [1,1,C,B] ->
 * [N,⌈H/2⌉,⌈W/2⌉,A+B].
 */
export function factorizedReduction(x: Tensor4D, even: Tensor4D, odd: Tensor4D): Tensor4D {
  return tf.conv2d(x, corners({ first: even, last: odd }, {}), 2, 'same');
}

/** Depthwise 2-D convolution: x [N,H,W,C], kernel [kh,kw,C,1] -> [N,H',W',C]. */
export function depthwiseConv2d(
  x: Tensor4D,
  kernel: Tensor4D,
  { stride = 1, padding = 'same' }: Window2D = {},
): Tensor4D {
  return tf.depthwiseConv2d(x, kernel, stride, padding);
}

/** x·kernel + bias: x [N,I], kernel [I,O], bias [O] -> [N,O]. */
export function dense(x: Tensor2D, kernel: Tensor2D, bias?: Tensor1D): Tensor2D {
  return bias ? (denseWithBias({ x, kernel, bias }, {}) as Tensor2D) : tf.matMul(x, kernel);
}

export interface NormalizedBatch<T extends Tensor> {
  y: T;
  /** Mean of the batch per channel [C]. */
  mean: Tensor1D;
  /** Biased variance of the batch per channel [C]. */
  variance: Tensor1D;
}

/**
 * Batch normalization with the statistics of this batch over all axes but the last (Ioffe & Szegedy 2015).
 * No gradient flows through the returned statistics.
 */
export function batchNorm<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon = 1e-5,
): NormalizedBatch<T> {
  const [y, mean, variance] = normalizeBatch({ x, scale, offset }, { epsilon }) as [T, Tensor1D, Tensor1D];
  return { y, mean: asConstant(mean), variance: asConstant(variance) };
}

/** The same values, cut off from the tape. */
function asConstant<T extends Tensor>(x: T): T {
  return recordOn(undefined, () => tf.clone(x));
}

/** Batch normalization with given statistics, as at inference. */
export function batchNormInference<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  mean: Tensor1D,
  variance: Tensor1D,
  epsilon = 1e-5,
): T {
  return tf.add(tf.mul(tf.sub(x, mean), tf.mul(scale, tf.rsqrt(tf.add(variance, epsilon)))), offset) as T;
}

/** Layer normalization over the last axis (Ba et al. 2016). */
export function layerNorm<T extends Tensor>(x: T, scale: Tensor1D, offset: Tensor1D, epsilon = 1e-5): T {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), scale), offset) as T;
}

export function relu<T extends Tensor>(x: T): T {
  return tf.relu(x);
}

export function tanh<T extends Tensor>(x: T): T {
  return tf.tanh(x);
}

export function sigmoid<T extends Tensor>(x: T): T {
  return tf.sigmoid(x);
}

/** x·Φ(x) in the tanh form (Hendrycks & Gimpel 2016). */
export function gelu<T extends Tensor>(x: T): T {
  const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.square(x)))));
  return tf.mul(tf.mul(0.5, x), tf.add(1, tanh(inner))) as T;
}

export interface Pool2D extends Window2D {
  size: number;
}

/** Max pooling with size×size windows: [N,H,W,C] -> [N,H',W',C]. */
export function maxPool(x: Tensor4D, { size, stride = 1, padding = 'same' }: Pool2D): Tensor4D {
  return maximumOfWindows({ x }, { size, stride, padding })[0] as Tensor4D;
}

/** Average pooling with size×size windows, padding not counted: [N,H,W,C] -> [N,H',W',C]. */
export function avgPool(x: Tensor4D, { size, stride = 1, padding = 'same' }: Pool2D): Tensor4D {
  return tf.avgPool(x, size, stride, padding);
}

/** Mean over height and width: [N,H,W,C] -> [N,C]. */
export function globalAveragePool(x: Tensor4D): Tensor2D {
  return tf.mean(x, [1, 2]);
}

/** Cross-entropy of each example: logits [N,K], labels int32 [N] -> [N], in nats. */
export function softmaxCrossEntropy(logits: Tensor2D, labels: Tensor1D): Tensor1D {
  return crossEntropy({ logits, labels }, {})[0] as Tensor1D;
}

/** Rows of table [V,D] at ids int32 [...] -> [...,D]. */
export function embedding(table: Tensor2D, ids: Tensor): Tensor {
  return tf.gather(table, ids);
}

export interface LstmState {
  c: Tensor2D;
  h: Tensor2D;
}

/** One LSTM step without peepholes; gates in the order i, f, o, g: x [N,I], kernel [I+H,4H], bias [4H]. */
export function lstmCell(x: Tensor2D, state: LstmState, kernel: Tensor2D, bias?: Tensor1D): LstmState {
  const gates = dense(tf.concat([x, state.h], 1), kernel, bias);
  const [i, f, o, g] = tf.split(gates, 4, 1) as [Tensor2D, Tensor2D, Tensor2D, Tensor2D];
  const c = tf.add(tf.mul(sigmoid(f), state.c), tf.mul(sigmoid(i), tanh(g))) as Tensor2D;
  return { c, h: tf.mul(sigmoid(o), tanh(c)) };
}
