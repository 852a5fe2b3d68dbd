import { tf, type Tensor4D } from '../../library.js';
import { geometry, padded, type WindowAttributes } from './window.js';

/**
 * Gradient of a convolution with respect to its filter, dW[i,j,c,o] = Σ x[n, s·p+i, s·q+j, c]·dy[n,p,q,o], as a
 * convolution: channels play the batch, the batch plays the channels, dy dilated by the stride is the filter.
 */
export function convBackpropFilter(
  { x, dy }: { x: Tensor4D; dy: Tensor4D },
  attributes: WindowAttributes & { filterShape: [number, number, number, number] },
): Tensor4D {
  const { filterShape } = attributes;
  const info = geometry(x.shape, filterShape, attributes, false);
  const images = tf.transpose(padded(x, info), [3, 1, 2, 0]);
  const filter = tf.transpose(dy, [1, 2, 0, 3]);
  const wide = tf.conv2d(images, filter, 1, 'valid', 'NHWC', [info.strideHeight, info.strideWidth]);
  // A stride that does not divide the input leaves rows that no window starts in.
  const exact = tf.slice(wide, [0, 0, 0, 0], [-1, filterShape[0], filterShape[1], -1]);
  return tf.transpose(exact, [1, 2, 0, 3]);
}
