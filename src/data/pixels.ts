/**
 * Pixel arithmetic that training and exported pages share. The page embeds the source of these functions, so each must
 * be self-contained.
 */

import type { Normalization } from './normalization.js';

/**
 * RGB pixels [fromHeight, fromWidth, 3] at another size: per axis, the mean over the area when shrinking, bilinear when
 * growing. Bytes are rounded to bytes.
 */
export function resizePixels(
  pixels: Uint8Array | Float32Array,
  [fromHeight, fromWidth]: readonly [height: number, width: number],
  [height, width]: readonly [height: number, width: number],
): Uint8Array | Float32Array {
  /**
   * For each position on the new axis: the first contributing position on the old one, and the weights from there on.
   */
  const axisWeights = (from: number, to: number): { start: number; weights: Float64Array }[] => {
    const scale = from / to;
    return Array.from({ length: to }, (_, i) => {
      if (scale > 1) {
        const [low, high] = [i * scale, Math.min((i + 1) * scale, from)];
        const start = Math.floor(low);
        const length = Math.ceil(high) - start;
        const overlap = (k: number): number => Math.min(high, start + k + 1) - Math.max(low, start + k);
        return { start, weights: Float64Array.from({ length }, (_, k) => overlap(k) / (high - low)) };
      }
      // Pixels are areas: the centre of the new pixel i lies at (i + 1/2) · scale - 1/2 of the old axis.
      const centre = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1);
      const start = Math.min(Math.floor(centre), from - 1);
      const fraction = centre - start;
      return { start, weights: Float64Array.from(fraction === 0 ? [1] : [1 - fraction, fraction]) };
    });
  };
  const columns = axisWeights(fromWidth, width);
  const rowSize = width * 3;
  const wide = new Float32Array(fromHeight * rowSize);
  for (let y = 0, out = 0; y < fromHeight; y++)
    for (let x = 0; x < width; x++, out += 3) {
      const { start, weights } = columns[x]!;
      let [red, green, blue] = [0, 0, 0];
      for (let k = 0, at = (y * fromWidth + start) * 3; k < weights.length; k++, at += 3) {
        const weight = weights[k]!;
        red = Math.fround(red + weight * pixels[at]!);
        green = Math.fround(green + weight * pixels[at + 1]!);
        blue = Math.fround(blue + weight * pixels[at + 2]!);
      }
      wide[out] = red;
      wide[out + 1] = green;
      wide[out + 2] = blue;
    }
  const whole = pixels instanceof Uint8Array;
  const resized = whole ? new Uint8Array(height * rowSize) : new Float32Array(height * rowSize);
  const sums = new Float64Array(rowSize);
  axisWeights(fromHeight, height).forEach(({ start, weights }, y) => {
    sums.fill(0);
    for (let k = 0; k < weights.length; k++)
      for (let i = 0, at = (start + k) * rowSize; i < rowSize; i++) sums[i]! += weights[k]! * wide[at + i]!;
    for (let i = 0; i < rowSize; i++) resized[y * rowSize + i] = whole ? Math.round(sums[i]!) : sums[i]!;
  });
  return resized;
}

/**
 * RGB of decoded samples [pixels, channels] composited over white: grey or colour, with or without transparency. 16-bit
 * values become floats on the scale 0 to 255, bytes are rounded to bytes.
 */
export function rgbOverWhite(
  samples: Uint8Array | Uint16Array,
  channels: number,
): { readonly pixels: Uint8Array | Float32Array; readonly transparent: boolean } {
  const deep = samples instanceof Uint16Array;
  if (!deep && channels === 3) return { pixels: samples, transparent: false };
  const white = deep ? 65535 : 255;
  const count = samples.length / channels;
  const pixels = deep ? new Float32Array(3 * count) : new Uint8Array(3 * count);
  const colours = channels < 3 ? 1 : 3;
  const hasAlpha = channels > colours;
  let transparent = false;
  for (let i = 0, from = 0, to = 0; i < count; i++, from += channels) {
    const alpha = hasAlpha ? samples[from + channels - 1]! / white : 1;
    if (alpha < 1) transparent = true;
    for (let c = 0; c < 3; c++) {
      const level = samples[from + (colours === 1 ? 0 : c)]!;
      const value = level * alpha + white * (1 - alpha);
      pixels[to++] = deep ? value / 257 : Math.round(value);
    }
  }
  return { pixels, transparent };
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

/** Pixels of 0 to 255 in the units of a data set whose white is `white`. */
export function scaleToWhite(pixels: Uint8Array | Float32Array, white: number): Uint8Array | Float32Array {
  return white === 255 ? pixels : Float32Array.from(pixels, (value) => (value * white) / 255);
}

/** The white value of data sets whose pixels are not bytes. */
const WHITES: Readonly<Record<string, number>> = { digits: 16 };

/**
 * The white value in the units of a data set, inferred from its name or path and from its pixels: no images of 0 to 255
 * are as dark as values of 0 to 1. Undefined if pixels are centred about zero, since black and white are then unknown.
 */
export function whiteOf(source: string, { mean, std }: Normalization): number | undefined {
  if (Object.hasOwn(WHITES, source)) return WHITES[source]!;
  if (mean.some((value) => value < 0)) return undefined;
  return mean.every((value) => value <= 1) && std.every((value) => value <= 0.5) ? 1 : 255;
}
