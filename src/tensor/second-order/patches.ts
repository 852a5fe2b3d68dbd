import { defineKernel } from '../kernels/define.js';
import { intAttribute, rawOp, stringAttribute, T } from '../kernels/raw-op.js';
import type { Window2D } from '../nn.js';
import { tf, type Tensor, type Tensor4D } from '../tf.js';

interface PatchAttributes extends Required<Window2D> {
  kernelSize: readonly [number, number];
}

const patchKernel = defineKernel<{ x: Tensor4D }, PatchAttributes, Tensor>({
  name: 'WeftPatches',
  native: ({ x }, { kernelSize, stride, padding }, backend) =>
    rawOp(
      backend,
      'ExtractImagePatches',
      [
        T,
        intAttribute('ksizes', [1, ...kernelSize, 1]),
        intAttribute('strides', [1, stride, stride, 1]),
        intAttribute('rates', [1, 1, 1, 1]),
        stringAttribute('padding', padding.toUpperCase()),
      ],
      [x],
    ),
  // A depthwise convolution whose filters each pick one tap of the window.
  plain: ({ x }, { kernelSize: [height, width], stride, padding }) => {
    const [taps, channels] = [height * width, x.shape[3]];
    const pick = tf.tile(tf.reshape(tf.eye(taps), [height, width, 1, taps]), [1, 1, channels, 1]) as Tensor4D;
    const picked = tf.depthwiseConv2d(x, pick, stride, padding);
    const [batch, rows, columns] = picked.shape;
    const byChannel = tf.reshape(picked, [batch, rows, columns, channels, taps]);
    return tf.reshape(tf.transpose(byChannel, [0, 1, 2, 4, 3]), [batch, rows, columns, taps * channels]);
  },
});

/**
 * The windows that a convolution sees: x [N,H,W,C] -> [N,T,kh·kw·C] with T positions in the order of a kernel
 * [kh,kw,C,O], so that patches · kernel (as [kh·kw·C,O]) is the convolution. Not differentiable.
 */
export function patches(
  x: Tensor4D,
  kernelSize: readonly [number, number],
  { stride = 1, padding = 'same' }: Window2D = {},
): Tensor {
  return tf.tidy(() => {
    const windows = patchKernel({ x }, { kernelSize, stride, padding });
    const [batch, rows, columns, width] = windows.shape as [number, number, number, number];
    return tf.reshape(windows, [batch, rows * columns, width]);
  });
}
