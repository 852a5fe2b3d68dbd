/** Zero mean and unit variance for each channel, measured on training data and nothing else. */
import type { Split } from './split.js';

export interface Normalization {
  /** One number per channel, in the units of the stored pixels. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const FLOAT32_ROUNDING = 2 ** -24;

/**
 * Mean and standard deviation of each channel over all examples and places of a split (the training split: nothing
 * else may tell about the data). A channel that never changes gets the deviation 1, so it becomes 0.
 */
export function measureNormalization(split: Split): Normalization {
  const channels = Array.from({ length: split.inputShape[2] }, (_, channel) => {
    // Twice: squares about the mean do not cancel as squares about zero may.
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
