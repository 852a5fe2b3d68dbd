/**
 * The kernel `MaxPoolGradGrad`: g [N,H,W,C] read at the position of the maximum of each pooling window of
 * `input`, in the shape of `output`. It is the adjoint of MaxPoolGrad with respect to dy.
 */
import { defineKernel } from '../kernels/define.js';
import { intAttribute, rawOp, stringAttribute, T } from '../kernels/raw-op.js';
import { tf, type Tensor4D } from '../tf.js';

type Size = number | [number, number];

export interface PoolAttributes {
  filterSize: Size;
  strides: Size;
  pad: 'same' | 'valid';
}

const windowAttribute = (name: string, size: Size) => intAttribute(name, [1, ...(typeof size === 'number' ? [size, size] : size), 1]);

export const maxPoolGradGrad = defineKernel<{ input: Tensor4D; output: Tensor4D; g: Tensor4D }, PoolAttributes, Tensor4D>({
  name: 'MaxPoolGradGrad',
  native: ({ input, output, g }, { filterSize, strides, pad }, backend) => rawOp(backend, 'MaxPoolGradGrad', [
    T, windowAttribute('ksize', filterSize), windowAttribute('strides', strides),
    stringAttribute('padding', pad.toUpperCase()), stringAttribute('data_format', 'NHWC'),
  ], [input, output, g]) as Tensor4D,
  plain: ({ input, output, g }, { filterSize, strides, pad }) => {
    const { indexes } = tf.maxPoolWithArgmax(input, filterSize, strides, pad, true);
    return tf.reshape(tf.gather(tf.reshape(g, [-1]), tf.cast(tf.reshape(indexes!, [-1]), 'int32')), output.shape);
  },
});
