/** Resampling of images, one axis after the other. */
import type { RgbImage } from './decode-image.js';

/** For each place of the new axis: the first place of the old one that counts, and the weights from there on. */
type AxisWeights = readonly { readonly start: number; readonly weights: readonly number[] }[];

/** The image stretched or shrunk to a size: the mean over the area when shrinking, bilinear when growing, per axis. */
export function resizeImage(image: RgbImage, height: number, width: number): RgbImage {
  if (image.height === height && image.width === width) return image;
  const rows = axisWeights(image.height, height);
  const columns = axisWeights(image.width, width);
  const wide = new Float32Array(image.height * width * 3);
  for (let y = 0, out = 0; y < image.height; y++)
    for (const { start, weights } of columns)
      for (let c = 0; c < 3; c++, out++)
        weights.forEach((weight, k) => {
          wide[out]! += weight * image.pixels[(y * image.width + start + k) * 3 + c]!;
        });
  const whole = image.pixels instanceof Uint8Array;
  const pixels = whole ? new Uint8Array(height * width * 3) : new Float32Array(height * width * 3);
  const rowSize = width * 3;
  rows.forEach(({ start, weights }, y) => {
    for (let i = 0; i < rowSize; i++) {
      const value = weights.reduce((sum, weight, k) => sum + weight * wide[(start + k) * rowSize + i]!, 0);
      pixels[y * rowSize + i] = whole ? Math.round(value) : value;
    }
  });
  return { ...image, height, width, pixels };
}

function axisWeights(from: number, to: number): AxisWeights {
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
}
