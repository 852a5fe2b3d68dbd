/** Zero mean and unit variance per channel, measured on training data only. */
import type { Split } from './split.js';

export interface Normalization {
  /** One number per channel, in the units of the stored pixels. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const FLOAT32_ROUNDING = 2 ** -24;

/**
 * Mean and standard deviation of each channel over all examples and positions of a split (the training split, so that
 * no information leaks from the others). A constant channel gets the deviation 1, so it becomes 0.
 */
export function measureNormalization(split: Split): Normalization {
  const channels = Array.from({ length: split.inputShape[2] }, (_, channel) => {
    // Two passes: squares about the mean avoid the cancellation that squares about zero may suffer.
    const mean = momentsAbout(0, split, channel).first;
    const std = Math.sqrt(momentsAbout(mean, split, channel).second);
    return { mean, std: std > FLOAT32_ROUNDING * Math.abs(mean) ? std : 1 };
  });
  return { mean: channels.map(({ mean }) => mean), std: channels.map(({ std }) => std) };
}

/** Means of (value - centre) and of its square over one channel. */
function momentsAbout(
  centre: number,
  { examples: { images }, indices, inputShape: [height, width, channels] }: Split,
  channel: number,
): { first: number; second: number } {
  const size = height * width * channels;
  let [first, second, places] = [0, 0, 0];
  for (const index of indices) {
    const end = (index + 1) * size;
    for (let i = index * size + channel; i < end; i += channels) {
      const difference = images[i]! - centre;
      if (difference !== difference) continue; // missing in a table
      first += difference;
      second += difference * difference;
      places++;
    }
  }
  if (places === 0) return { first: 0, second: 0 };
  return { first: first / places, second: second / places };
}
