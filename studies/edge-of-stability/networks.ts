/**
 * The networks of Long & Bartlett (2024) at sizes that a processor trains on all its data at once. Their loss for
 * images is the mean over examples AND outputs of (logit − onehot)², five times smaller than half the sum over outputs;
 * every edge depends on it.
 */
import {
  type Examples,
  type NamedTensors,
  nn,
  type Scalar,
  stream,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  tf,
  tidy,
} from 'weft-nas';
import { type Loss, openDataset } from 'weft-nas/study';

/** A loss on fixed data, with its initial weights. Holds the data until `dispose`. */
export interface NetworkProblem {
  readonly loss: Loss;
  start(seed: number): NamedTensors;
  dispose(): void;
}

const CLASSES = 10;

/** A fully connected ReLU network of four layers on MNIST, pixels as shares less their mean image; Glorot normal. */
export function mnistProblem({ examples, width }: { examples: number; width: number }): NetworkProblem {
  const { inputs, targets } = imagesOf('mnist', examples, 1);
  const x = tidy(() => tf.reshape(inputs, [examples, -1])) as Tensor2D;
  inputs.dispose();
  const widths = [x.shape[1], width, width, width, CLASSES];
  return {
    loss: (p) =>
      squaredError(
        widths.slice(1).reduce<Tensor2D>((h, _, i) => {
          const z = dense(p, `dense${i}`, h);
          return i < 3 ? nn.relu(z) : z;
        }, x),
        targets,
      ),
    start: (seed) =>
      Object.assign(
        {},
        ...widths.slice(1).map((out, i) => denseStart(seed, `dense${i}`, widths[i]!, out)),
      ) as NamedTensors,
    dispose: () => tf.dispose([x, targets]),
  };
}

/**
 * Two blocks of a 3x3 convolution (16, then 32 filters), ReLU, layer normalization and 2x2 max-pooling, and a linear
 * layer, on CIFAR-10 shrunk by averaging.
 */
export function cifarProblem({ examples, shrink }: { examples: number; shrink: number }): NetworkProblem {
  const { inputs: x, targets } = imagesOf('cifar10', examples, shrink);
  const side = x.shape[1] / 4;
  const filters = [x.shape[3], 16, 32];
  const block = (p: NamedTensors, name: string, h: Tensor4D): Tensor4D => {
    const active = nn.relu(tf.add(nn.conv2d(h, p[`${name}/kernel`] as Tensor4D), p[`${name}/bias`]!) as Tensor4D);
    return nn.maxPool(nn.layerNorm(active, p[`${name}/scale`] as Tensor1D, p[`${name}/offset`] as Tensor1D), {
      size: 2,
      stride: 2,
    });
  };
  return {
    loss: (p) =>
      squaredError(dense(p, 'out', tf.reshape(block(p, 'conv2', block(p, 'conv1', x)), [examples, -1])), targets),
    start: (seed) => ({
      ...[1, 2].reduce<NamedTensors>(
        (all, i) => ({
          ...all,
          [`conv${i}/kernel`]: normals(
            [3, 3, filters[i - 1]!, filters[i]!],
            Math.sqrt(2 / (9 * (filters[i - 1]! + filters[i]!))),
            seed,
            `conv${i}`,
          ),
          [`conv${i}/bias`]: tf.zeros([filters[i]!]),
          [`conv${i}/scale`]: tf.ones([filters[i]!]),
          [`conv${i}/offset`]: tf.zeros([filters[i]!]),
        }),
        {},
      ),
      ...denseStart(seed, 'out', side * side * 32, CLASSES),
    }),
    dispose: () => tf.dispose([x, targets]),
  };
}

export interface TransformerSize {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly length: number;
}

/**
 * A language model of characters (ASCII): learned positions, layer normalization before attention and MLP (x4, GELU)
 * and at the end, output weights of its own; kernels normal with variance 2/(layers·inputs), embeddings with deviation
 * 0.02. The loss is the mean cross-entropy in nats of the next character.
 */
export function transformerProblem(ids: Int32Array, { layers, heads, width, length }: TransformerSize): NetworkProblem {
  const batch = Math.floor(ids.length / (length + 1));
  const all = tf.tensor2d(ids.slice(0, batch * (length + 1)), [batch, length + 1], 'int32');
  const x = tf.slice(all, [0, 0], [batch, length]);
  const labels = tidy(() => tf.reshape(tf.slice(all, [0, 1], [batch, length]), [-1])) as Tensor1D;
  const mask = tidy(() => tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([length, length]), -1, 0)), -1e9));
  all.dispose();
  const rows = (h: Tensor): Tensor2D => tf.reshape(h, [batch * length, -1]);
  const norm = (p: NamedTensors, name: string, h: Tensor2D): Tensor2D =>
    nn.layerNorm(h, p[`${name}/scale`] as Tensor1D, p[`${name}/offset`] as Tensor1D);
  const byHead = (h: Tensor2D): Tensor =>
    tf.transpose(tf.reshape(h, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
  const attend = (p: NamedTensors, name: string, h: Tensor2D): Tensor2D => {
    const [q, k, v] = tf.split(dense(p, `${name}/qkv`, h), 3, 1).map((part) => byHead(part as Tensor2D)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const weights = tf.softmax(tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads)), mask));
    return dense(p, `${name}/mix`, rows(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3])));
  };
  const kernelDeviation = (inputs: number): number => Math.sqrt(2 / (layers * inputs));
  return {
    loss(p) {
      let h: Tensor2D = rows(tf.add(nn.embedding(p['tokens'] as Tensor2D, x), p['positions']!));
      for (let i = 0; i < layers; i++) {
        h = tf.add(h, attend(p, `layer${i}`, norm(p, `layer${i}/norm1`, h))) as Tensor2D;
        h = tf.add(
          h,
          dense(p, `layer${i}/down`, nn.gelu(dense(p, `layer${i}/up`, norm(p, `layer${i}/norm2`, h)))),
        ) as Tensor2D;
      }
      return tf.mean(nn.softmaxCrossEntropy(dense(p, 'head', norm(p, 'norm', h)), labels));
    },
    start(seed) {
      const kernel = (name: string, inputs: number, outputs: number): NamedTensors => ({
        [`${name}/kernel`]: normals([inputs, outputs], kernelDeviation(inputs), seed, name),
        [`${name}/bias`]: tf.zeros([outputs]),
      });
      const normal = (name: string): NamedTensors => ({
        [`${name}/scale`]: tf.ones([width]),
        [`${name}/offset`]: tf.zeros([width]),
      });
      return {
        tokens: normals([ASCII, width], 0.02, seed, 'tokens'),
        positions: normals([length, width], 0.02, seed, 'positions'),
        ...(Object.assign(
          {},
          ...Array.from({ length: layers }, (_, i) => ({
            ...normal(`layer${i}/norm1`),
            ...kernel(`layer${i}/qkv`, width, 3 * width),
            ...kernel(`layer${i}/mix`, width, width),
            ...normal(`layer${i}/norm2`),
            ...kernel(`layer${i}/up`, width, 4 * width),
            ...kernel(`layer${i}/down`, 4 * width, width),
          })),
        ) as NamedTensors),
        ...normal('norm'),
        ...kernel('head', width, ASCII),
      };
    },
    dispose: () => tf.dispose([x, labels, mask]),
  };
}

/** Size of the vocabulary. */
const ASCII = 128;

const squaredError = (outputs: Tensor2D, targets: Tensor2D): Scalar => tf.mean(tf.square(tf.sub(outputs, targets)));

const dense = (p: NamedTensors, name: string, h: Tensor2D): Tensor2D =>
  nn.dense(h, p[`${name}/kernel`] as Tensor2D, p[`${name}/bias`] as Tensor1D);

const denseStart = (seed: number, name: string, inputs: number, outputs: number): NamedTensors => ({
  [`${name}/kernel`]: normals([inputs, outputs], Math.sqrt(2 / (inputs + outputs)), seed, name),
  [`${name}/bias`]: tf.zeros([outputs]),
});

function normals(shape: number[], deviation: number, seed: number, name: string): Tensor {
  const { normal } = stream(seed, 'edge-of-stability', name);
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => deviation * normal()),
    shape,
  );
}

/**
 * The first examples less their mean image, pixels divided by 256 and averaged over squares of side `shrink`; targets
 * one-hot.
 */
function imagesOf(source: 'mnist' | 'cifar10', count: number, shrink: number): { inputs: Tensor4D; targets: Tensor2D } {
  const {
    train,
    inputShape: [height, width, channels],
  } = openDataset(source);
  return tidy(() => {
    const raw = tf.tensor4d(Float32Array.from(firstOf(train, count, height * width * channels)), [
      count,
      height,
      width,
      channels,
    ]);
    const scaled = tf.div(shrink > 1 ? tf.avgPool(raw, shrink, shrink, 'valid') : raw, 256) as Tensor4D;
    return {
      inputs: tf.sub(scaled, tf.mean(scaled, 0, true)),
      targets: tf.cast(
        tf.oneHot(tf.tensor1d(Int32Array.from(train.labels.slice(0, count)), 'int32'), CLASSES),
        'float32',
      ) as Tensor2D,
    };
  });
}

function firstOf({ images }: Examples, count: number, size: number): Uint8Array | Float32Array {
  return images.slice(0, count * size);
}
