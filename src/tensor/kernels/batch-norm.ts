/**
 * Batch normalization with the statistics of the batch (Ioffe & Szegedy 2015), over all axes but the last:
 * y = scale·x̂ + offset with x̂ = (x − mean)·r and r = 1/√(variance + epsilon), the variance biased.
 */
import { tf, type Tensor, type Tensor1D } from '../library.js';
import { defineKernel, independent, type Kernel } from './define.js';
import {
  boolAttribute,
  constant,
  floatAttribute,
  memoize,
  rawOps,
  stringAttribute,
  T,
  typeAttribute,
  type NativeBackend,
} from './raw-op.js';
import { normalizeWide, pixelsTogether, standardizeWide } from './wide-normalization.js';

interface Attributes {
  epsilon: number;
}

const nativeAttributes = memoize((epsilon: number, training: boolean) => [
  T,
  typeAttribute('U', 'float32'),
  floatAttribute('epsilon', epsilon),
  stringAttribute('data_format', 'NHWC'),
  boolAttribute('is_training', training),
]);

const leadingAxes = (x: Tensor): number[] => x.shape.map((_, axis) => axis).slice(0, -1);

/** TensorFlow normalizes only images: [...,C] -> [N,1,1,C], and back for the first result. */
function asImages(tensors: Tensor[], f: (images: Tensor[]) => Tensor[]): Tensor[] {
  const { rank, shape } = tensors[0]!;
  if (rank === 4) return f(tensors);
  const images = tensors.map((x) => tf.reshape(x, [-1, 1, 1, shape.at(-1)!]));
  const [image, ...rest] = f(images);
  const result = tf.reshape(image!, shape);
  tf.dispose([...images, image!]);
  return [result, ...rest];
}

/**
 * x [...,C], scale [C], offset [C] -> y [...,C], mean [C], variance [C]. The gradient is that of y: mean and
 * variance are constants to it, meant for running averages.
 */
export const batchNorm: Kernel<{ x: Tensor; scale: Tensor; offset: Tensor }, Attributes, Tensor[]> = defineKernel({
  name: 'WeftBatchNorm',
  native: ({ x, scale, offset }, { epsilon }, backend) =>
    asImages([x], ([image]) => {
      const pixels = backend.isUsingGpuDevice ? 1 : pixelsTogether(image!);
      if (pixels === 1) return normalize(backend, image!, scale, offset, epsilon);
      return normalizeWide(
        backend,
        image!,
        scale,
        offset,
        pixels,
        nativeAttributes(epsilon, true),
        nativeAttributes(epsilon, false),
      );
    }),
  plain({ x, scale, offset }, { epsilon }) {
    const { mean, variance } = tf.moments(x, leadingAxes(x));
    return [
      tf.batchNorm(x, mean as Tensor1D, variance as Tensor1D, offset as Tensor1D, scale as Tensor1D, epsilon),
      mean,
      variance,
    ];
  },
  gradient: {
    save: ['x', 'scale'],
    // The copies of the statistics are no functions of x on the tape; `batchNormGrad` accounts for that.
    saveOutputs: [false, true, true],
    backward([dy], [x, scale, mean, variance], attributes) {
      const [dx, dScale, dOffset] = batchNormGrad(
        { dy: dy!, x: x!, scale: scale!, mean: mean!, variance: variance! },
        attributes,
      );
      return { x: () => dx!, scale: () => dScale!, offset: () => dOffset! };
    },
  },
});

function normalize(backend: NativeBackend, x: Tensor, scale: Tensor, offset: Tensor, epsilon: number): Tensor[] {
  const none = constant(backend, [], 'float32');
  // Output 4 is the biased variance on a processor, r on a GPU; output 2 is the unbiased one on both.
  const outputs = backend.isUsingGpuDevice ? [0, 1, 2] : [0, 3, 4];
  const [y, mean, variance] = rawOps(
    backend,
    'FusedBatchNormV3',
    nativeAttributes(epsilon, true),
    [x, scale, offset, none, none],
    outputs,
    6,
  );
  if (!backend.isUsingGpuDevice) return [y!, mean!, variance!];
  const count = x.size / scale.size;
  const biased = tf.mul(variance!, (count - 1) / count);
  variance!.dispose();
  return [y!, mean!, biased];
}

/**
 * scale·(x − mean)/√(variance + epsilon) + offset with given statistics. Has no gradient: it is part of second
 * derivatives only.
 */
const standardize: Kernel<{ x: Tensor; scale: Tensor; offset: Tensor; mean: Tensor; variance: Tensor }, Attributes> =
  defineKernel({
    name: 'WeftStandardize',
    native: ({ x, scale, offset, mean, variance }, { epsilon }, backend) =>
      asImages([x], ([image]) => {
        const pixels = backend.isUsingGpuDevice ? 1 : pixelsTogether(image!);
        const attributes = nativeAttributes(epsilon, false);
        if (pixels > 1) return [standardizeWide(backend, image!, [scale, offset, mean, variance], pixels, attributes)];
        return rawOps(backend, 'FusedBatchNormV3', attributes, [image!, scale, offset, mean, variance], [0], 6);
      })[0]!,
    plain: ({ x, scale, offset, mean, variance }, { epsilon }) =>
      tf.batchNorm(x, mean as Tensor1D, variance as Tensor1D, offset as Tensor1D, scale as Tensor1D, epsilon),
  });

/**
 * The gradients of Σ dy·y with respect to x, scale and offset: with n examples a channel and sums over them,
 * scale·r·(dy − Σdy/n − x̂·Σ(dy·x̂)/n), Σ(dy·x̂), Σdy. Mean and variance must be those of x.
 */
const batchNormGrad: Kernel<
  { dy: Tensor; x: Tensor; scale: Tensor; mean: Tensor; variance: Tensor },
  Attributes,
  Tensor[]
> = defineKernel({
  name: 'WeftBatchNormGrad',
  native: ({ dy, x, scale, mean, variance }, { epsilon }, backend) =>
    asImages([dy, x], ([dyImage, image]) => {
      const spread = backend.isUsingGpuDevice ? tf.rsqrt(tf.add(variance, epsilon)) : variance;
      const none = constant(backend, [], 'float32');
      const inputs = [dyImage!, image!, scale, mean, spread, none];
      return rawOps(backend, 'FusedBatchNormGradV3', nativeAttributes(epsilon, true), inputs, [0, 1, 2], 5);
    }),
  plain({ dy, x, scale, mean, variance }, { epsilon }) {
    const count = x.size / scale.size;
    const r = tf.rsqrt(tf.add(variance, epsilon));
    const centered = tf.sub(x, mean);
    const dOffset = tf.sum(dy, leadingAxes(x));
    const dScale = tf.mul(tf.sum(tf.mul(dy, centered), leadingAxes(x)), r);
    const slope = tf.mul(tf.mul(r, dScale), -1 / count);
    const dx = tf.mul(tf.add(tf.sub(dy, tf.div(dOffset, count)), tf.mul(centered, slope)), tf.mul(scale, r));
    return [dx, dScale, dOffset];
  },
  gradient: {
    save: ['dy', 'x', 'scale', 'mean', 'variance'],
    saveOutputs: [false, true, true],
    /**
     * With the adjoints gx, gs, go of the three results, w the x-gradient of gx at scale 1, k = −scale·r/n and
     * a = gs + k·Σ gx·x̂:  dy: scale·w + gs·x̂ + go;  scale: Σ dy·w;
     * x: a·r·(dy − Σdy/n − x̂·Σ(dy·x̂)/n) + k·Σ(dy·x̂)·w + k·Σ(dy·w)·x̂.
     * This is the whole dependence on x, that through mean and variance included, so these get none.
     */
    backward([gx, gs, go], [dy, x, scale, mean, variance, dyDot, dySum], attributes) {
      const perCount = scale!.size / x!.size;
      const r = tf.rsqrt(tf.add(variance!, attributes.epsilon));
      const k = tf.mul(tf.mul(scale!, r), -perCount);
      const [w, gxDot] = batchNormGrad(
        { dy: gx!, x: x!, scale: tf.onesLike(scale!), mean: mean!, variance: variance! },
        attributes,
      );
      const dyDotW = tf.sum(tf.mul(dy!, w!), leadingAxes(x!));
      const ar = tf.mul(tf.add(gs!, tf.mul(k, gxDot!)), r);
      const standardized = (factor: Tensor, offset: Tensor): Tensor =>
        standardize({ x: x!, scale: factor, offset, mean: mean!, variance: variance! }, attributes);
      return {
        dy: () => tf.add(tf.mul(scale!, w!), standardized(gs!, go!)),
        x: () =>
          tf.addN([
            tf.mul(ar, dy!),
            tf.mul(tf.mul(k, dyDot!), w!),
            standardized(
              tf.sub(tf.mul(k, dyDotW), tf.mul(ar, tf.mul(dyDot!, perCount))),
              tf.mul(ar, tf.mul(dySum!, -perCount)),
            ),
          ]),
        scale: () => dyDotW,
        mean: independent,
        variance: independent,
      };
    },
  },
});
