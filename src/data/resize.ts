/** Image resampling, one axis after the other. */
import type { RgbImage } from './decode-image.js';
import { resizePixels } from './pixels.js';

/** The image stretched or shrunk to a size: the mean over the area when shrinking, bilinear when growing, per axis. */
export function resizeImage(image: RgbImage, height: number, width: number): RgbImage {
  if (image.height === height && image.width === width) return image;
  const pixels = resizePixels(image.pixels, [image.height, image.width], [height, width]);
  return { ...image, height, width, pixels };
}
