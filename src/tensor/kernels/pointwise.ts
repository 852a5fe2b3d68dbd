/** 1x1 convolutions of stride 1 as matrix products, which are a third faster than convolutions of that size. */
import { tf, type Tensor4D } from '../library.js';
import { defineKernel, runKernel, type Kernel } from './define.js';
import { boolAttribute, constant, rawOp, T, typeAttribute, type NativeBackend } from './raw-op.js';

interface Attributes {
  /** Multiply by the transposed kernel. */
  transpose: boolean;
}

/** x [N,H,W,I], kernel [1,1,I,O] (transposed: [1,1,O,I]) -> [N,H,W,O]. */
export const pointwise: Kernel<{ x: Tensor4D; kernel: Tensor4D }, Attributes, Tensor4D> = defineKernel({
  name: 'WeftPointwise',
  native: ({ x, kernel }, { transpose }, backend) => {
    const [batch, height, width] = x.shape;
    return product(backend, x, kernel, PRODUCTS[transpose ? 'ABt' : 'AB'], [
      batch,
      height,
      width,
      kernel.shape[transpose ? 2 : 3],
    ]);
  },
  plain: ({ x, kernel }, { transpose }) =>
    tf.conv2d(x, transpose ? tf.transpose(kernel, [0, 1, 3, 2]) : kernel, 1, 'valid'),
  gradient: {
    save: ['x', 'kernel'],
    backward: (dy, [x, kernel], { transpose }) => ({
      x: () => pointwise({ x: dy, kernel: kernel as Tensor4D }, { transpose: !transpose }),
      kernel: () =>
        transpose ? pointwiseFilter({ x: dy, dy: x as Tensor4D }, {}) : pointwiseFilter({ x: x as Tensor4D, dy }, {}),
    }),
  },
});

/** The gradient with respect to the kernel, Σ x·dyᵀ over all pixels: x [N,H,W,I], dy [N,H,W,O] -> [1,1,I,O]. */
const pointwiseFilter: Kernel<{ x: Tensor4D; dy: Tensor4D }, object, Tensor4D> = defineKernel({
  name: 'WeftPointwiseFilter',
  native: ({ x, dy }, _, backend) => pixelProduct(backend, x, dy, [1, 1, x.shape[3], dy.shape[3]]),
  plain: ({ x, dy }) =>
    runKernel(
      'Conv2DBackpropFilter',
      { x, dy },
      { strides: 1, pad: 'valid', dataFormat: 'NHWC', filterShape: [1, 1, x.shape[3], dy.shape[3]] },
    ) as Tensor4D,
  gradient: {
    save: ['x', 'dy'],
    backward: (g, [x, dy]) => ({
      x: () => pointwise({ x: dy as Tensor4D, kernel: g }, { transpose: true }),
      dy: () => pointwise({ x: x as Tensor4D, kernel: g }, { transpose: false }),
    }),
  },
});

const PRODUCTS = {
  AB: [T, boolAttribute('transpose_a', false), boolAttribute('transpose_b', false)],
  ABt: [T, boolAttribute('transpose_a', false), boolAttribute('transpose_b', true)],
  AtB: [T, boolAttribute('transpose_a', true), boolAttribute('transpose_b', false)],
};
const RESHAPE = [T, typeAttribute('Tshape', 'int32')];

/** Σ x·dyᵀ over all pixels, in the given shape: x [N,H,W,I], dy [N,H,W,O] -> [1,1,I,O]. */
export function pixelProduct(backend: NativeBackend, x: Tensor4D, dy: Tensor4D, shape: number[]): Tensor4D {
  return product(backend, x, dy, PRODUCTS.AtB, shape);
}

/** The product of a and b, each seen as a matrix of rows along the last axis, in the given shape. */
function product(
  backend: NativeBackend,
  a: Tensor4D,
  b: Tensor4D,
  attributes: typeof RESHAPE,
  shape: number[],
): Tensor4D {
  const rows = (x: Tensor4D) => rawOp(backend, 'Reshape', RESHAPE, [x, constant(backend, [-1, x.shape[3]])]);
  const matrices = [rows(a), rows(b)];
  const matrix = rawOp(backend, 'MatMul', attributes, matrices);
  const result = rawOp(backend, 'Reshape', RESHAPE, [matrix, constant(backend, shape)]);
  tf.dispose([...matrices, matrix]);
  return result as Tensor4D;
}
