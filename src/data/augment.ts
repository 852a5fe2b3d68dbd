/** Random augmentation of a training image. Every change is off by default. */
import { WeftError } from '../errors.js';
import type { Rng } from '../tensor/rng.js';
import type { InputShape } from './dataset.js';
import { isRotating } from './rotate.js';

export interface Augmentation {
  /**
   * Number of pixels to pad on each side before a random crop back to the original size. The padding is the mean
   * colour, as in the ENAS code, which pads already normalized images. CIFAR-10: 4.
   */
  readonly crop?: number | undefined;
  /** The same shift by up to this many pixels, but with a background of value 0: for digits and other drawings. */
  readonly shift?: number | undefined;
  /** Horizontal flip with probability 1/2. */
  readonly flip?: boolean | undefined;
  /**
   * Side of a square around a uniformly drawn centre that is set to the mean colour and clipped at the border.
   * CIFAR-10: 16. [DeVries & Taylor 2017, "Improved regularization of convolutional neural networks with cutout", 3.2]
   */
  readonly cutout?: number | undefined;
  /** Rotate by up to this many degrees in either direction, before the changes above. */
  readonly rotate?: number | undefined;
  /** Magnify or shrink by up to this fraction, together with the rotation; below 1. */
  readonly zoom?: number | undefined;
}

/** The augmentation of one image: output pixel (y, x) comes from (y + dy, x + dx), x mirrored first if `flip`. */
export interface Change {
  dy: number;
  dx: number;
  flip: boolean;
  /** The cutout square: rows [top, bottom), columns [left, right). */
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** Whether any change is enabled; throws on an invalid setting. */
export function checkAugmentation(augmentation: Augmentation, [height, width]: InputShape): boolean {
  const { crop = 0, shift = 0, flip = false, cutout = 0, rotate = 0, zoom = 0 } = augmentation;
  for (const [name, value] of Object.entries({ crop, shift, cutout }))
    if (!Number.isInteger(value) || value < 0)
      throw new WeftError('config', `augmentation: ${name} is ${value}`, 'give a whole number of pixels, 0 for none');
  if (!(rotate >= 0 && rotate <= 180))
    throw new WeftError('config', `augmentation: rotate is ${rotate}`, 'give degrees from 0 to 180, 0 for none');
  if (!(zoom >= 0 && zoom < 1))
    throw new WeftError('config', `augmentation: zoom is ${zoom}`, 'give a share of the size below 1, 0 for none');
  if (crop > 0 && shift > 0)
    throw new WeftError(
      'config',
      'augmentation: crop and shift both move the image',
      'choose one of them; they differ only in what fills the border',
    );
  if (Math.max(crop, shift) >= Math.min(height, width))
    throw new WeftError(
      'config',
      `augmentation: a move by ${Math.max(crop, shift)} pixels may push all of a ${height} x ${width} image out of view`,
      'choose a smaller crop or shift',
    );
  return crop > 0 || shift > 0 || flip || cutout > 0 || isRotating(augmentation);
}

/**
 * Draws the augmentation of the next image into `change`. Five numbers are drawn regardless of the settings, so that
 * enabling one change does not affect the draws of the others.
 */
export function drawChange(
  change: Change,
  { crop = 0, shift = 0, flip = false, cutout = 0 }: Augmentation,
  [height, width]: InputShape,
  rng: Rng,
): void {
  const reach = crop + shift; // one of the two is 0
  change.dy = rng.int(2 * reach + 1) - reach;
  change.dx = rng.int(2 * reach + 1) - reach;
  change.flip = rng.uniform() < 0.5 && flip;
  const top = rng.int(height) - (cutout >> 1);
  const left = rng.int(width) - (cutout >> 1);
  change.top = Math.max(top, 0);
  change.bottom = Math.min(top + cutout, height);
  change.left = Math.max(left, 0);
  change.right = Math.min(left + cutout, width);
}
