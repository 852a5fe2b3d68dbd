/**
 * Arithmetic on pixels that training and the page of an export share. The page holds the text of these functions: each refers to nothing
 * outside itself.
 */

import type { Normalization } from './normalization.js';

/**
 * RGB pixels [fromHeight, fromWidth, 3] at another size: per axis, the mean over the area when shrinking, bilinear when growing. Bytes are
 * rounded to bytes.
 */
export function resizePixels(
  pixels: Uint8Array | Float32Array,
  [fromHeight, fromWidth]: readonly [height: number, width: number],
  [height, width]: readonly [height: number, width: number],
): Uint8Array | Float32Array {
  /** For each place of the new axis: the first place of the old one that counts, and the weights from there on. */
  const axisWeights = (from: number, to: number): { start: number; weights: number[] }[] => {
    const scale = from / to;
    return Array.from({ length: to }, (_, i) => {
      if (scale > 1) {
        const [low, high] = [i * scale, Math.min((i + 1) * scale, from)];
        const start = Math.floor(low);
        const length = Math.ceil(high) - start;
        const overlap = (k: number): number => Math.min(high, start + k + 1) - Math.max(low, start + k);
        return { start, weights: Array.from({ length }, (_, k) => overlap(k) / (high - low)) };
      }
      // Pixels are areas: the centre of the new pixel i lies at (i + 1/2) · scale - 1/2 of the old axis.
      const centre = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1);
      const start = Math.min(Math.floor(centre), from - 1);
      const fraction = centre - start;
      return { start, weights: fraction === 0 ? [1] : [1 - fraction, fraction] };
    });
  };
  const columns = axisWeights(fromWidth, width);
  const wide = new Float32Array(fromHeight * width * 3);
  for (let y = 0, out = 0; y < fromHeight; y++)
    for (const { start, weights } of columns)
      for (let c = 0; c < 3; c++, out++)
        for (let k = 0; k < weights.length; k++)
          wide[out]! += weights[k]! * pixels[(y * fromWidth + start + k) * 3 + c]!;
  const whole = pixels instanceof Uint8Array;
  const resized = whole ? new Uint8Array(height * width * 3) : new Float32Array(height * width * 3);
  const rowSize = width * 3;
  axisWeights(fromHeight, height).forEach(({ start, weights }, y) => {
    for (let i = 0; i < rowSize; i++) {
      const value = weights.reduce((sum, weight, k) => sum + weight * wide[(start + k) * rowSize + i]!, 0);
      resized[y * rowSize + i] = whole ? Math.round(value) : value;
    }
  });
  return resized;
}

/** ITU-R 601 luma of RGB pixels; bytes are rounded to bytes. */
export function toLuma(pixels: Uint8Array | Float32Array): Uint8Array | Float32Array {
  const whole = pixels instanceof Uint8Array;
  const grey = whole ? new Uint8Array(pixels.length / 3) : new Float32Array(pixels.length / 3);
  for (let i = 0; i < grey.length; i++) {
    const value = 0.299 * pixels[3 * i]! + 0.587 * pixels[3 * i + 1]! + 0.114 * pixels[3 * i + 2]!;
    grey[i] = whole ? Math.round(value) : value;
  }
  return grey;
}

/** Pixels of 0 to 255 in the units of a data set in which white is `white`. */
export function scaleToWhite(pixels: Uint8Array | Float32Array, white: number): Uint8Array | Float32Array {
  return white === 255 ? pixels : Float32Array.from(pixels, (value) => (value * white) / 255);
}

/** What white is in data sets whose pixels are not bytes. */
const WHITES: Readonly<Record<string, number>> = { digits: 16 };

/**
 * What white is in the units of a data set, by its name or path and by what its pixels are like: no pictures of 0 to 255 are as
 * dark as numbers of 0 to 1 are. Undefined where pixels lie about zero, as nobody knows then what black and white are.
 */
export function whiteOf(source: string, { mean, std }: Normalization): number | undefined {
  if (Object.hasOwn(WHITES, source)) return WHITES[source]!;
  if (mean.some((value) => value < 0)) return undefined;
  return mean.every((value) => value <= 1) && std.every((value) => value <= 0.5) ? 1 : 255;
}
