/** Random changes of a training image. Every one is off unless asked for. */
import { WeftError } from '../errors.js';
import type { Rng } from '../tensor/rng.js';
import type { InputShape } from './dataset.js';
import { isTurning } from './turn.js';

export interface Augmentation {
  /**
   * Pad by so many pixels on each side and crop the old size anywhere in it. The padding is the mean colour, as in the
   * ENAS code, which pads images that are normalized already. CIFAR-10: 4.
   */
  readonly crop?: number | undefined;
  /** The same move by up to so many pixels, but over the background of value 0: for digits and other drawings. */
  readonly shift?: number | undefined;
  /** Mirror left to right with probability 1/2. */
  readonly flip?: boolean | undefined;
  /**
   * Side of a square set to the mean colour around a uniform centre, cut off at the border. CIFAR-10: 16.
   * [DeVries & Taylor 2017, "Improved regularization of convolutional neural networks with cutout", 3.2]
   */
  readonly cutout?: number | undefined;
  /** Turn by up to so many degrees either way, before the changes above. */
  readonly rotate?: number | undefined;
  /** Magnify or shrink by up to this share, with the turn; below 1. */
  readonly zoom?: number | undefined;
}

/** What happens to one image: output pixel (y, x) comes from (y + dy, x + dx), x mirrored first if `flip`. */
export interface Change {
  dy: number;
  dx: number;
  flip: boolean;
  /** The square of cutout: rows [top, bottom), columns [left, right). */
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/** Whether any change is asked for; a wrong setting throws. */
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
  return crop > 0 || shift > 0 || flip || cutout > 0 || isTurning(augmentation);
}

/**
 * Draws the change of the next image into `change`. Five numbers are drawn whatever is asked for, so that
 * switching one change on leaves the draws of the others as they are.
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
