/**
 * Replacements for slow kernels of the native backend: its reshapes and reductions make a tensor of their shape or axes
 * every time, and its cast to the type that a tensor already has copies it.
 */
import { tf, type Tensor } from '../library.js';
import { hasOneDnn, ONEDNN } from './onednn.js';
import {
  boolAttribute,
  constant,
  intAttribute,
  memoize,
  rawOp,
  T as FLOAT,
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
const gatherAttributes = memoize((dtype: DataType, batchDims: number) => [
  intAttribute('batch_dims', batchDims),
  typeAttribute('Tparams', dtype),
  typeAttribute('Tindices', 'int32'),
  typeAttribute('Taxis', 'int32'),
]);
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

/**
 * Softmax over the last axis, by the same kernel as in compiled steps: TensorFlow's other one differs in the last bit.
 */
const softmax = (logits: Tensor, _: object, backend: NativeBackend): Tensor =>
  hasOneDnn(backend)
    ? rawOp(backend, '_MklSoftmax', [FLOAT, ONEDNN], [logits])
    : rawOp(backend, 'Softmax', [FLOAT], [logits]);

/** Kernels by name; each falls back to the library's for types that a raw call does not support. */
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
  Softmax: softmax,
};

/** For these kernels the library converts other types to float32 first. */
const FLOAT_ONLY = new Set(['Sum', 'Mean', 'Softmax']);

/** What each kernel calls its only or first input. */
const INPUT: Readonly<Record<string, string>> = { Softmax: 'logits' };

/**
 * The library reads all indices to check that they are in range. On processors TensorFlow's own operation checks them.
 */
function installGather(): void {
  const name = { kernelName: 'GatherV2', backendName: 'tensorflow' };
  const stock = tf.getKernel(name.kernelName, name.backendName);
  tf.unregisterKernel(name.kernelName, name.backendName);
  tf.registerKernel({
    ...name,
    kernelFunc(call) {
      const { x, indices } = call.inputs as unknown as { x: Tensor; indices: Tensor };
      const { axis, batchDims } = call.attrs as unknown as { axis: number; batchDims: number };
      const backend = call.backend as NativeBackend;
      if (backend.isUsingGpuDevice || indices.dtype !== 'int32' || !['float32', 'int32'].includes(x.dtype))
        return stock.kernelFunc(call);
      tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims);
      const attributes = gatherAttributes(x.dtype as DataType, batchDims);
      return rawOp(backend, 'GatherV2', attributes, [x, indices, constant(backend, axis)]);
    },
  });
}

/** Replaces kernels of the native backend, so after that has been loaded. */
export function installNativeBasics(): void {
  installGather();
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    const stock = tf.getKernel(kernelName, 'tensorflow');
    tf.unregisterKernel(kernelName, 'tensorflow');
    tf.registerKernel({
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: (call) => {
        const x = call.inputs[INPUT[kernelName] ?? 'x'] as Tensor;
        if (x.dtype === 'string' || x.dtype === 'complex64' || (FLOAT_ONLY.has(kernelName) && x.dtype !== 'float32'))
          return stock.kernelFunc(call);
        return kernel(x, call.attrs as never, call.backend as NativeBackend);
      },
    });
  }
}
