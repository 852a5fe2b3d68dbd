/**
 * The four networks of `test/fixtures/hvp/make.py`, and what PyTorch found for them in float64.
 */
import { readFileSync } from 'node:fs';
import type { NamedTensors } from '../../../src/tensor/named.js';
import * as nn from '../../../src/tensor/nn.js';
import { type CutLoss, gaussNewtonOperator } from '../../../src/tensor/second-order/gauss-newton.js';
import { applyOnce, type HessianVectorProduct } from '../../../src/tensor/second-order/hessian-operator.js';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../../../src/tensor/tf.js';

type Model = (p: NamedTensors, x: Tensor) => Tensor2D;

const dense = (p: NamedTensors, name: string, x: Tensor): Tensor2D =>
  nn.dense(x as Tensor2D, p[`${name}/kernel`] as Tensor2D, p[`${name}/bias`] as Tensor1D);

/** The same at each position of [N,T,I]. */
function positionwise(p: NamedTensors, name: string, x: Tensor): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.reshape(dense(p, name, tf.reshape(x, [batch * length, width])), [batch, length, -1]);
}

const convNet: Model = (p, x) => {
  const block = (h: Tensor4D, i: 1 | 2): Tensor4D =>
    nn.relu(
      nn.batchNorm(
        nn.conv2d(h, p[`conv${i}/kernel`] as Tensor4D),
        p[`norm${i}/scale`] as Tensor1D,
        p[`norm${i}/offset`] as Tensor1D,
      ).y,
    );
  return dense(p, 'out', nn.globalAveragePool(block(nn.maxPool(block(x as Tensor4D, 1), { size: 2, stride: 2 }), 2)));
};

const tanhMlp: Model = (p, x) => dense(p, 'out', nn.tanh(dense(p, 'hidden2', nn.tanh(dense(p, 'hidden1', x)))));

const rnn: Model = (p, x) => {
  const recurrent = p['recurrent/kernel'] as Tensor2D;
  let h: Tensor = tf.zeros([x.shape[0], recurrent.shape[0]]);
  for (const step of tf.unstack(x, 1)) h = nn.tanh(tf.add(dense(p, 'input', step), tf.matMul(h, recurrent)));
  return dense(p, 'out', h);
};

const transformer: Model = (p, x) => {
  const [batch, length, width] = x.shape as [number, number, number];
  const heads = 2;
  const normal = (i: 1 | 2, h: Tensor): Tensor =>
    nn.layerNorm(h, p[`norm${i}/scale`] as Tensor1D, p[`norm${i}/offset`] as Tensor1D);
  const byHead = (h: Tensor): Tensor =>
    tf.transpose(tf.reshape(h, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
  const [q, k, v] = tf.split(positionwise(p, 'qkv', normal(1, x)), 3, 2).map(byHead) as [Tensor, Tensor, Tensor];
  const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads)));
  const mixed = tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [batch, length, width]);
  const attended = tf.add(x, positionwise(p, 'projection', mixed));
  const fed = positionwise(p, 'down', nn.gelu(positionwise(p, 'up', normal(2, attended))));
  return dense(p, 'out', tf.mean(tf.add(attended, fed), 1));
};

export const MODELS = { conv: convNet, mlp: tanhMlp, rnn, transformer };
export type NetworkName = keyof typeof MODELS;
export const NETWORKS = Object.keys(MODELS) as NetworkName[];

interface Values {
  shape: number[];
  values: number[];
}
type Named = Record<string, Values>;

interface Fixture {
  x: Values;
  labels: number[];
  params: Named;
  direction: Named;
  loss: number;
  gradient: Named;
  hessianVectorProduct: Named;
  gaussNewtonProduct: Named;
  firstExampleGradient: Named;
  /** Of the Hessian, ascending. */
  eigenvalues: number[];
}

export interface Network {
  expected: Fixture;
  /** Fresh tensors, which the caller disposes. */
  tensors(): { params: NamedTensors; direction: NamedTensors; x: Tensor; labels: Tensor1D };
  model: Model;
}

export function network(name: NetworkName): Network {
  const expected = JSON.parse(
    readFileSync(new URL(`../../fixtures/hvp/${name}.json`, import.meta.url), 'utf8'),
  ) as Fixture;
  const tensor = ({ shape, values }: Values): Tensor => tf.tensor(values, shape);
  const named = (record: Named): NamedTensors =>
    Object.fromEntries(Object.entries(record).map(([key, values]) => [key, tensor(values)]));
  return {
    expected,
    model: MODELS[name],
    tensors: () => ({
      params: named(expected.params),
      direction: named(expected.direction),
      x: tensor(expected.x),
      labels: tf.tensor1d(expected.labels, 'int32'),
    }),
  };
}

export const meanLoss =
  (model: Model, x: Tensor, labels: Tensor1D) =>
  (p: NamedTensors): Scalar =>
    tf.mean(nn.softmaxCrossEntropy(model(p, x), labels));

/** ‖found − expected‖ / ‖expected‖ over all names. */
export function relativeError(found: NamedTensors, expected: Named): number {
  let [difference, size] = [0, 0];
  for (const [name, { values }] of Object.entries(expected)) {
    found[name]!.dataSync().forEach((value, i) => {
      difference += (value - values[i]!) ** 2;
      size += values[i]! ** 2;
    });
  }
  return Math.sqrt(difference / size);
}

/** One product of a direction with the Gauss-Newton matrix. */
export const gaussNewtonProduct = (
  model: CutLoss,
  params: NamedTensors,
  direction: NamedTensors,
): HessianVectorProduct => applyOnce(gaussNewtonOperator(model, params), direction);
