/**
 * The filter gradient of 1x1 convolutions that skip pixels, on the native backend: a product of the pixels that are
 * read with dy. On processors with AVX2, oneDNN 3.2 (TensorFlow 2.15) writes beyond the end of its workspace here if
 * the input has fewer than 8 channels.
 */
import { tf, type Tensor4D } from '../library.js';
import { pixelProduct } from './pointwise.js';
import { constant, intAttribute, rawOp, T, typeAttribute, type NativeBackend } from './raw-op.js';

interface Attributes {
  strides: number | [number, number];
  dataFormat: 'NHWC' | 'NCHW';
  filterShape: [height: number, width: number, inputs: number, outputs: number];
}

const MASKS = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'];
const EVERY = [T, typeAttribute('Index', 'int32'), ...MASKS.map((name) => intAttribute(name, 0))];

/** Replaces the native backend's kernel, so after that backend has been loaded. */
export function installStridedFilter(): void {
  const name = { kernelName: 'Conv2DBackpropFilter', backendName: 'tensorflow' };
  const stock = tf.getKernel(name.kernelName, name.backendName);
  tf.unregisterKernel(name.kernelName, name.backendName);
  tf.registerKernel({
    ...name,
    kernelFunc(call) {
      const { x, dy } = call.inputs as unknown as { x: Tensor4D; dy: Tensor4D };
      const { strides, dataFormat, filterShape } = call.attrs as unknown as Attributes;
      const backend = call.backend as NativeBackend;
      const [height, width, inputs, outputs] = filterShape;
      const [down, right] = typeof strides === 'number' ? [strides, strides] : strides;
      const skips = height === 1 && width === 1 && (down > 1 || right > 1);
      if (!skips || dataFormat !== 'NHWC' || backend.isUsingGpuDevice) return stock.kernelFunc(call);
      const part = [[0, 0, 0, 0], x.shape, [1, down, right, 1]].map((vector) => constant(backend, vector));
      const read = rawOp(backend, 'StridedSlice', EVERY, [x, ...part]) as Tensor4D;
      const gradient = pixelProduct(backend, read, dy, [1, 1, inputs, outputs]);
      read.dispose();
      return gradient;
    },
  });
}
