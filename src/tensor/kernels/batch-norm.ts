/**
 * Batch normalization with the statistics of the batch (Ioffe & Szegedy 2015), over all axes but the last:
 * y = scale·x̂ + offset with x̂ = (x − mean)·r and r = 1/√(variance + epsilon), the variance biased.
 */
import { tf, type Tensor, type Tensor1D } from '../library.js';
import { defineKernel, type Kernel } from './define.js';
import { boolAttribute, constant, floatAttribute, memoize, rawOps, stringAttribute, T, typeAttribute } from './raw-op.js';

interface Attributes {
  epsilon: number;
}

const nativeAttributes = memoize((epsilon: number) => [
  T, typeAttribute('U', 'float32'), floatAttribute('epsilon', epsilon), stringAttribute('data_format', 'NHWC'), boolAttribute('is_training', true),
]);

const leadingAxes = (x: Tensor): number[] => x.shape.map((_, axis) => axis).slice(0, -1);

/** TensorFlow normalizes images only: [...,C] -> [N,1,1,C] and back for the first result. */
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
      const none = constant(backend, [], 'float32');
      const inputs = [image!, scale, offset, none, none];
      if (!backend.isUsingGpuDevice) return rawOps(backend, 'FusedBatchNormV3', nativeAttributes(epsilon), inputs, [0, 3, 4], 6);
      // Output 4 is the biased variance on a processor, r on a GPU; output 2 is the unbiased one on both.
      const [y, mean, unbiased] = rawOps(backend, 'FusedBatchNormV3', nativeAttributes(epsilon), inputs, [0, 1, 2], 6);
      const count = x.size / scale.size;
      const variance = tf.mul(unbiased!, (count - 1) / count);
      unbiased!.dispose();
      return [y!, mean!, variance];
    }),
  plain({ x, scale, offset }, { epsilon }) {
    const { mean, variance } = tf.moments(x, leadingAxes(x));
    return [tf.batchNorm(x, mean as Tensor1D, variance as Tensor1D, offset as Tensor1D, scale as Tensor1D, epsilon), mean, variance];
  },
  gradient: {
    save: ['x', 'scale'],
    // The copies of the statistics are no functions of x on the tape; `batchNormGrad` accounts for that.
    saveOutputs: [false, true, true],
    backward([dy], [x, scale, mean, variance], attributes) {
      const [dx, dScale, dOffset] = batchNormGrad({ dy: dy!, x: x!, scale: scale!, mean: mean!, variance: variance! }, attributes);
      return { x: () => dx!, scale: () => dScale!, offset: () => dOffset! };
    },
  },
});

/**
 * The gradients of Σ dy·y with respect to x, scale and offset: with n examples a channel and sums over them,
 * scale·r·(dy − Σdy/n − x̂·Σ(dy·x̂)/n), Σ(dy·x̂), Σdy. Mean and variance must be those of x.
 */
const batchNormGrad: Kernel<{ dy: Tensor; x: Tensor; scale: Tensor; mean: Tensor; variance: Tensor }, Attributes, Tensor[]> = defineKernel({
  name: 'WeftBatchNormGrad',
  native: ({ dy, x, scale, mean, variance }, { epsilon }, backend) =>
    asImages([dy, x], ([dyImage, image]) => {
      const spread = backend.isUsingGpuDevice ? tf.rsqrt(tf.add(variance, epsilon)) : variance;
      const none = constant(backend, [], 'float32');
      const inputs = [dyImage!, image!, scale, mean, spread, none];
      return rawOps(backend, 'FusedBatchNormGradV3', nativeAttributes(epsilon), inputs, [0, 1, 2], 5);
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
    /**
     * With the adjoints gx, gs, go of the three results, u and w the x-gradients of dy and gx at scale 1:
     * dy: scale·w + x̂·gs + go;  scale: Σ gx·u;
     * x: gs·u − scale·r/n·(Σ(dy·x̂)·w + Σ(gx·x̂)·u + Σ(gx·u)·x̂).
     * This is the whole dependence on x, that through mean and variance included, so these get none.
     */
    backward([gx, gs, go], [dy, x, scale, mean, variance], attributes) {
      const ones = tf.onesLike(scale!);
      const statistics = { mean: mean!, variance: variance! };
      const [u, dyDot] = batchNormGrad({ dy: dy!, x: x!, scale: ones, ...statistics }, attributes);
      const [w, gxDot] = batchNormGrad({ dy: gx!, x: x!, scale: ones, ...statistics }, attributes);
      const gxDotU = tf.sum(tf.mul(gx!, u!), leadingAxes(x!));
      const [standard] = batchNorm({ x: x!, scale: ones, offset: tf.zerosLike(scale!) }, attributes);
      const r = tf.rsqrt(tf.add(tf.moments(x!, leadingAxes(x!)).variance, attributes.epsilon));
      const mixed = tf.add(tf.add(tf.mul(dyDot!, w!), tf.mul(gxDot!, u!)), tf.mul(gxDotU, standard!));
      const throughX = tf.sub(tf.mul(gs!, u!), tf.mul(tf.mul(tf.mul(scale!, r), scale!.size / x!.size), mixed));
      return {
        dy: () => tf.add(tf.add(tf.mul(scale!, w!), tf.mul(standard!, gs!)), go!),
        x: () => throughX,
        scale: () => gxDotU,
        mean: () => tf.zerosLike(mean!),
        variance: () => tf.zerosLike(variance!),
      };
    },
  },
});
