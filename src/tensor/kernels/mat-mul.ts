/** Products of two matrices by `MatMul`; the library takes `BatchMatMulV2`, two to four times as slow on small ones. */
import { tf, type Tensor } from '../library.js';
import { boolAttribute, memoize, rawOp, typeAttribute, type NativeBackend } from './raw-op.js';

const attributesOf = memoize(
  (dtype: 'float32' | 'int32', transposeA: boolean, transposeB: boolean, [a, b]: readonly [string, string]) => [
    typeAttribute('T', dtype),
    boolAttribute(a, transposeA),
    boolAttribute(b, transposeB),
  ],
);

/** Replaces the native backend's kernel, so after that backend has been loaded. */
export function installMatMul(): void {
  const kernel = { kernelName: 'BatchMatMul', backendName: 'tensorflow' } as const;
  tf.unregisterKernel(kernel.kernelName, kernel.backendName);
  tf.registerKernel({
    ...kernel,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { a, b } = inputs as unknown as { a: Tensor; b: Tensor };
      const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
      const flat = a.shape.length === 2 && b.shape.length === 2;
      const attributes = attributesOf(
        a.dtype as 'float32' | 'int32',
        transposeA,
        transposeB,
        flat ? ['transpose_a', 'transpose_b'] : ['adj_x', 'adj_y'],
      );
      return rawOp(backend as NativeBackend, flat ? 'MatMul' : 'BatchMatMulV2', attributes, [a, b]);
    },
  });
}
