/** Fully connected layers with their bias in one kernel. */
import { tf, type Tensor } from '../library.js';
import { defineKernel, type Kernel } from './define.js';
import { boolAttribute, rawOp, T } from './raw-op.js';

const PRODUCT = [T, boolAttribute('transpose_a', false), boolAttribute('transpose_b', false)];

/** x·kernel + bias: x [N,I], kernel [I,O], bias [O] -> [N,O]. */
export const dense: Kernel<{ x: Tensor; kernel: Tensor; bias: Tensor }, object> = defineKernel({
  name: 'WeftDense',
  native: ({ x, kernel, bias }, _, backend) => {
    const product = rawOp(backend, 'MatMul', PRODUCT, [x, kernel]);
    const result = rawOp(backend, 'BiasAdd', [T], [product, bias]);
    product.dispose();
    return result;
  },
  plain: ({ x, kernel, bias }) => tf.add(tf.matMul(x, kernel), bias),
  gradient: {
    save: ['x', 'kernel'],
    backward: (dy, [x, kernel]) => ({
      x: () => tf.matMul(dy, kernel!, false, true),
      kernel: () => tf.matMul(x!, dy, true, false),
      bias: () => biasGrad({ dy }, {}),
    }),
  },
});

/** Sum over all axes but the last: [N,O] -> [O]. */
const biasGrad: Kernel<{ dy: Tensor }, object> = defineKernel({
  name: 'WeftBiasGrad',
  native: ({ dy }, _, backend) => rawOp(backend, 'BiasAddGrad', [T], [dy]),
  plain: ({ dy }) => tf.sum(dy, 0),
  gradient: {
    save: ['dy'],
    backward: (g, [dy]) => ({ dy: () => tf.mul(tf.onesLike(dy!), g) }),
  },
});
