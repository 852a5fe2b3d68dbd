/**
 * Kernels of the native backend that cost more than they should: reshapes and reductions make a tensor of their shape or axes
 * every time, and a cast to the type that a tensor already has copies it.
 */
import { tf, type Tensor } from '../library.js';
import {
  boolAttribute,
  constant,
  memoize,
  rawOp,
  typeAttribute,
  type NativeBackend,
  type OpAttribute,
} from './raw-op.js';

type DataType = Parameters<typeof typeAttribute>[1];

const reshapeAttributes = memoize((dtype: DataType) => [typeAttribute('T', dtype), typeAttribute('Tshape', 'int32')]);
export const reductionAttributes: (dtype: DataType, keepDims: boolean) => OpAttribute[] = memoize(
  (dtype: DataType, keepDims: boolean) => [
    typeAttribute('T', dtype),
    typeAttribute('Tidx', 'int32'),
    boolAttribute('keep_dims', keepDims),
  ],
);
const castAttributes = memoize((from: DataType, to: DataType) => [
  typeAttribute('SrcT', from),
  typeAttribute('DstT', to),
  boolAttribute('Truncate', false),
]);

interface Reduction {
  axis: number | number[];
  keepDims: boolean;
}

const reduction =
  (op: string) =>
  (x: Tensor, { axis, keepDims }: Reduction, backend: NativeBackend) =>
    rawOp(backend, op, reductionAttributes(x.dtype as DataType, keepDims), [
      x,
      constant(backend, tf.util.parseAxisParam(axis, x.shape)),
    ]);

/** Kernels by name; each falls back to the library's for types that a raw call does not carry. */
const KERNELS: Record<string, (x: Tensor, attributes: never, backend: NativeBackend) => tf.TensorInfo> = {
  Reshape: (x, { shape }: { shape: number[] }, backend) =>
    rawOp(backend, 'Reshape', reshapeAttributes(x.dtype as DataType), [x, constant(backend, shape)]),
  Cast: (x, { dtype }: { dtype: DataType }, backend) => {
    if (x.dtype !== dtype) return rawOp(backend, 'Cast', castAttributes(x.dtype as DataType, dtype), [x]);
    (tf.backend() as unknown as { incRef(dataId: object): void }).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype };
  },
  Sum: reduction('Sum'),
  Mean: reduction('Mean'),
};

/** Of these the library converts other types first. */
const FLOAT_ONLY = new Set(['Sum', 'Mean']);

/** Replaces kernels of the native backend, so after that has been loaded. */
export function installNativeBasics(): void {
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    const stock = tf.getKernel(kernelName, 'tensorflow');
    tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: (call) => {
        const x = call.inputs['x'] as Tensor;
        if (x.dtype === 'string' || x.dtype === 'complex64' || (FLOAT_ONLY.has(kernelName) && x.dtype !== 'float32'))
          return stock.kernelFunc(call);
        return kernel(x, call.attrs as never, call.backend as NativeBackend);
      },
    });
  }
}
