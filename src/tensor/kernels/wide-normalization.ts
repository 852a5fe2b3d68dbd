/**
 * oneDNN normalizes two to five times as fast when the channels are a multiple of 16. Pixels that lie side by side can
 * pass as further channels: 24 channels of two pixels are 48.
 */
import { tf, type Tensor, type Tensor1D } from '../library.js';

/** How many neighbouring pixels of x [N,H,W,C] to treat as one with more channels; 1 when that does not fit or does not pay. */
export function pixelsTogether({ shape, size }: Tensor): number {
  const [, height, width, channels] = shape as [number, number, number, number];
  let pixels = 1;
  while ((pixels * channels) % 16 !== 0) pixels *= 2;
  return size >= 1 << 17 && (height * width) % pixels === 0 ? pixels : 1;
}

/** [N,H,W,C] -> [N,H·W/pixels,1,pixels·C], the same numbers. */
export function widen(x: Tensor, pixels: number): Tensor {
  const channels = x.shape[3]!;
  return tf.reshape(x, [x.shape[0]!, -1, 1, pixels * channels]);
}

/** Mean and variance per channel from those per channel and pixel: [pixels·C] -> [C]. */
export function pool(mean: Tensor, variance: Tensor, pixels: number): [mean: Tensor1D, variance: Tensor1D] {
  const means = tf.reshape(mean, [pixels, -1]);
  const variances = tf.reshape(variance, [pixels, -1]);
  const pooled = tf.mean(means, 0) as Tensor1D;
  return [pooled, tf.mean(tf.add(variances, tf.squaredDifference(means, pooled)), 0)];
}
