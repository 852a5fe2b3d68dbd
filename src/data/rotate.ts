/** Random rotation and zoom of a training image about its centre. */
import type { Rng } from '../tensor/rng.js';
import type { Augmentation } from './augment.js';
import type { InputShape } from './dataset.js';

/**
 * Output pixel (y, x), relative to the centre, comes from (cos·y - sin·x, sin·y + cos·x), both already divided by the
 * zoom.
 */
export interface Rotation {
  readonly cos: number;
  readonly sin: number;
}

export const isRotating = ({ rotate = 0, zoom = 0 }: Augmentation): boolean => rotate > 0 || zoom > 0;

/**
 * An angle in [-rotate, rotate] degrees and a zoom in [1 - zoom, 1 + zoom], uniform; two numbers are drawn regardless
 * of the settings.
 */
export function drawRotation({ rotate = 0, zoom = 0 }: Augmentation, rng: Rng): Rotation {
  const angle = ((2 * rng.uniform() - 1) * rotate * Math.PI) / 180;
  const scale = 1 + (2 * rng.uniform() - 1) * zoom;
  return { cos: Math.cos(angle) / scale, sin: Math.sin(angle) / scale };
}

/**
 * Writes the rotated image at `from` to the beginning of `out`: bilinear between pixels, and the nearest pixel beyond
 * the border.
 */
export function writeRotated(
  out: Float32Array,
  images: Uint8Array | Float32Array,
  from: number,
  [height, width, channels]: InputShape,
  { cos, sin }: Rotation,
): void {
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dy, dx] = [y - middleRow, x - middleColumn];
      const sourceY = Math.min(height - 1, Math.max(0, middleRow + cos * dy - sin * dx));
      const sourceX = Math.min(width - 1, Math.max(0, middleColumn + sin * dy + cos * dx));
      const [top, left] = [Math.floor(sourceY), Math.floor(sourceX)];
      const [down, right] = [sourceY - top, sourceX - left];
      const above = from + (top * width + left) * channels;
      // On the last row or column the weight of the neighbour beyond is 0; it is read from the same position.
      const below = above + (top + 1 < height ? width * channels : 0);
      const next = left + 1 < width ? channels : 0;
      for (let c = 0; c < channels; c++, to++) {
        const upper = images[above + c]! + right * (images[above + next + c]! - images[above + c]!);
        const lower = images[below + c]! + right * (images[below + next + c]! - images[below + c]!);
        out[to] = upper + down * (lower - upper);
      }
    }
  }
}
