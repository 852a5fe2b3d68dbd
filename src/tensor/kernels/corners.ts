/**
 * The kernel of a factorized reduction: two 1x1 convolutions of stride 2, the second on the image shifted by one
 * pixel, are one 2x2 convolution that sees only the first and the last pixel of each window. No shifted
 * copy, no concatenation.
 */
import { tf, type Tensor4D } from '../library.js';
import { defineKernel, type Kernel } from './define.js';

/** first [1,1,C,A], last [1,1,C,B] -> [2,2,C,A+B], zero elsewhere. */
export const corners: Kernel<{ first: Tensor4D; last: Tensor4D }, object, Tensor4D> = (() => {
  const join = ({ first, last }: { first: Tensor4D; last: Tensor4D }): Tensor4D =>
    tf.add(
      tf.pad(first, [
        [0, 1],
        [0, 1],
        [0, 0],
        [0, last.shape[3]],
      ]),
      tf.pad(last, [
        [1, 0],
        [1, 0],
        [0, 0],
        [first.shape[3], 0],
      ]),
    );
  return defineKernel({
    name: 'WeftCorners',
    native: (inputs) => tf.tidy(() => join(inputs)),
    plain: join,
    gradient: {
      save: ['first', 'last'],
      backward: (dy, [first, last]) => ({
        first: () => tf.slice(dy, [0, 0, 0, 0], first!.shape),
        last: () => tf.slice(dy, [1, 1, 0, first!.shape[3]!], last!.shape),
      }),
    },
  });
})();
