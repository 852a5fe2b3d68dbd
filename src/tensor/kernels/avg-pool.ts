/**
 * The gradient of average pooling. The library's is wrong at the border on WebAssembly and JavaScript (it
 * divides by the whole window, the forward pass by what the window covers) and slow on the native backend.
 */
import { tf, type Tensor4D } from '../library.js';
import { defineGradient, runKernel } from './define.js';

interface Attributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: 'same' | 'valid';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Each window passes dy, divided by the number of values it covers, to each of these values. */
function avgPoolGrad(dy: Tensor4D, x: Tensor4D, { filterSize, strides, pad, dimRoundingMode }: Attributes): Tensor4D {
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = tf.backend_util.computePool2DInfo(
    x.shape,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const rows = covered(dy.shape[1], x.shape[1], filterHeight, strideHeight, padInfo.top);
  const columns = covered(dy.shape[2], x.shape[2], filterWidth, strideWidth, padInfo.left);
  const weights = tf.tensor(
    rows.flatMap((row) => columns.map((column) => 1 / (row * column))),
    [1, rows.length, columns.length, 1],
  );
  return runKernel(
    'DepthwiseConv2dNativeBackpropInput',
    { dy: tf.mul(dy, weights), filter: tf.ones([filterHeight, filterWidth, x.shape[3], 1]) },
    { strides, pad, dimRoundingMode, dilations: [1, 1], inputShape: x.shape },
  ) as Tensor4D;
}

/** How many values each window covers along an axis of this length. */
function covered(windows: number, length: number, size: number, stride: number, before: number): number[] {
  return Array.from({ length: windows }, (_, i) => {
    const start = i * stride - before;
    return Math.min(length, start + size) - Math.max(0, start);
  });
}

export function installAvgPool(): void {
  defineGradient<{ x: Tensor4D }, Attributes, Tensor4D>('AvgPool', {
    save: ['x'],
    backward: (dy, [x], attributes) => ({ x: () => avgPoolGrad(dy, x as Tensor4D, attributes) }),
  });
}
