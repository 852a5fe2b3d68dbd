/**
 * The inner loops of a batch: stored pixels to normalized floats, (pixel - mean_c) / std_c. Going channel by channel,
 * with the two numbers of a channel in registers, takes half the time of traversing memory in order.
 */
import type { Change } from './augment.js';
import type { InputShape } from './dataset.js';
import type { Normalization } from './normalization.js';

/** A normalization as typed arrays, for the inner loops. */
export interface Scaling {
  readonly mean: Float64Array;
  readonly inverse: Float64Array;
}

export const scaling = ({ mean, std }: Normalization): Scaling => ({
  mean: Float64Array.from(mean),
  inverse: Float64Array.from(std, (deviation) => 1 / deviation),
});

type Pixels = Uint8Array | Float32Array;

/** Writes the normalized example of `size` numbers at `from` to `to`. */
export function writePlain(
  out: Float32Array,
  to: number,
  images: Pixels,
  from: number,
  size: number,
  { mean, inverse }: Scaling,
): void {
  const channels = mean.length;
  for (let c = 0; c < channels; c++) {
    const [shift, factor] = [mean[c]!, inverse[c]!];
    for (let i = c; i < size; i += channels) {
      const value = images[from + i]!;
      // Missing table values are NaN, and become the mean.
      out[to + i] = value === value ? (value - shift) * factor : 0;
    }
  }
}

/**
 * Writes the example at `from` to `to`, shifted, mirrored and cut out. Pixels that enter at the border are the mean
 * colour, 0 once normalized, or the `background` of stored value 0. `out` must hold zeros there.
 */
export function writeChanged(
  out: Float32Array,
  to: number,
  images: Pixels,
  from: number,
  [height, width, channels]: InputShape,
  { mean, inverse }: Scaling,
  { dy, dx, flip, top, bottom, left, right }: Change,
  background: boolean,
): void {
  const [firstRow, pastRow] = [Math.max(0, -dy), Math.min(height, height - dy)];
  const [firstColumn, pastColumn] = flip
    ? [Math.max(0, dx), Math.min(width, width + dx)]
    : [Math.max(0, -dx), Math.min(width, width - dx)];
  const firstSource = (flip ? width - 1 - firstColumn : firstColumn) + dx;
  const stride = flip ? -channels : channels;
  for (let c = 0; c < channels; c++) {
    const [shift, factor] = [mean[c]!, inverse[c]!];
    if (background) for (let i = c; i < height * width * channels; i += channels) out[to + i] = -shift * factor;
    for (let y = firstRow; y < pastRow; y++) {
      const row = to + y * width * channels + c;
      let source = from + ((y + dy) * width + firstSource) * channels + c;
      for (let x = firstColumn; x < pastColumn; x++, source += stride)
        out[row + x * channels] = (images[source]! - shift) * factor;
    }
  }
  for (let y = top; y < bottom; y++)
    out.fill(0, to + (y * width + left) * channels, to + (y * width + right) * channels);
}
