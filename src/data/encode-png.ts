/** Examples as small pictures. */
import { PNG } from 'pngjs';
import { exampleSize, type InputShape } from './dataset.js';
import { resizePixels } from './pixels.js';

/** Pixels of the longer side; larger pictures are downscaled. */
const MOST_SIDE = 64;

/**
 * Example `index` of row-major [count, height, width, 1 or 3] numbers, in which white is `white`, as a PNG of at most
 * 64 pixels a side.
 */
export function pictureOf(
  images: Uint8Array | Float32Array,
  index: number,
  inputShape: InputShape,
  white: number,
): Buffer {
  const [height, width, channels] = inputShape;
  const size = exampleSize(inputShape);
  const rgb = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const value = images[index * size + (channels === 1 ? Math.floor(i / 3) : i)]!;
    return Math.max(0, Math.min(255, Math.round((value * 255) / white)));
  });
  const scale = Math.min(1, MOST_SIDE / Math.max(height, width));
  const [tall, wide] = [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
  const small = scale < 1 ? resizePixels(rgb, [height, width], [tall, wide]) : rgb;
  const png = new PNG({ width: wide, height: tall });
  for (let i = 0; i < tall * wide; i++) png.data.set([small[3 * i]!, small[3 * i + 1]!, small[3 * i + 2]!, 255], 4 * i);
  return PNG.sync.write(png, { colorType: 2 });
}
