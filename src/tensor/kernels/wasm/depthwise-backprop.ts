import { tf, type Tensor4D } from '../../library.js';
import { geometry, padded, type WindowAttributes } from './window.js';

type FilterShape = [height: number, width: number, channels: number, multiplier: number];

/**
 * Gradient of a depthwise convolution with respect to its filter, dW[i,j,c,m] = Σ x[n, s·p+i, s·q+j,
 * c]·dy[n,p,q,c·M+m]: one strided slice, product and sum for each tap (i,j).
 */
export function depthwiseBackpropFilter(
  { x, dy }: { x: Tensor4D; dy: Tensor4D },
  attributes: WindowAttributes & { filterShape: FilterShape },
): Tensor4D {
  const [height, width, channels, multiplier] = attributes.filterShape;
  const info = geometry(x.shape, attributes.filterShape, attributes, true);
  const wide = padded(x, info);
  const [rows, columns] = [dy.shape[1], dy.shape[2]];
  const { strideHeight, strideWidth } = info;
  const taps = [];
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const end = [wide.shape[0], i + (rows - 1) * strideHeight + 1, j + (columns - 1) * strideWidth + 1, channels];
      const seen = tf.stridedSlice(wide, [0, i, j, 0], end, [1, strideHeight, strideWidth, 1]) as Tensor4D;
      const repeated =
        multiplier === 1 ? seen : tf.reshape(tf.tile(tf.expandDims(seen, 4), [1, 1, 1, 1, multiplier]), dy.shape);
      taps.push(tf.sum(tf.mul(repeated, dy), [0, 1, 2]));
    }
  }
  return tf.reshape(tf.stack(taps), attributes.filterShape);
}

/**
 * Gradient of a depthwise convolution with respect to its input: dy spread out by the stride, convolved with
 * the filter rotated by 180 degrees; the outputs of one channel are added up.
 */
export function depthwiseBackpropInput(
  { dy, filter }: { dy: Tensor4D; filter: Tensor4D },
  attributes: WindowAttributes & { inputShape: [number, number, number, number] },
): Tensor4D {
  const { inputShape } = attributes;
  const [height, width, channels, multiplier] = filter.shape;
  const info = geometry(inputShape, filter.shape, attributes, true);
  const spread = spreadOut(dy, info.strideHeight, info.strideWidth);
  const { top, left } = info.padInfo;
  const before = [height - 1 - top, width - 1 - left] as const;
  const after = [inputShape[1] + top - spread.shape[1], inputShape[2] + left - spread.shape[2]] as const;
  const wide = tf.pad(spread, [
    [0, 0],
    [before[0], after[0]],
    [before[1], after[1]],
    [0, 0],
  ]);
  const turned = tf.reshape(tf.reverse(filter, [0, 1]), [height, width, channels * multiplier, 1]) as Tensor4D;
  const each = tf.depthwiseConv2d(wide, turned, 1, 'valid');
  return multiplier === 1 ? each : tf.sum(tf.reshape(each, [...inputShape, multiplier]), -1);
}

/** Inserts zeros between rows and columns: [N,P,Q,C] -> [N,(P-1)·s+1,(Q-1)·t+1,C]. */
function spreadOut(dy: Tensor4D, s: number, t: number): Tensor4D {
  if (s === 1 && t === 1) return dy;
  const [batch, rows, columns, channels] = dy.shape;
  const apart = tf.pad(tf.reshape(dy, [batch, rows, 1, columns, 1, channels]), [
    [0, 0],
    [0, 0],
    [0, s - 1],
    [0, 0],
    [0, t - 1],
    [0, 0],
  ]);
  const joined = tf.reshape(apart, [batch, rows * s, columns * t, channels]) as Tensor4D;
  return tf.slice(joined, [0, 0, 0, 0], [-1, (rows - 1) * s + 1, (columns - 1) * t + 1, -1]);
}
