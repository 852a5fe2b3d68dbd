/**
 * The filter gradient of depthwise convolutions on the native backend. oneDNN's is slow for filters wider than 3;
 * TensorFlow's own, which explicit padding selects, takes little more than half of its time for 5x5. It also serves 1x1
 * filters, of which oneDNN treats those of a single channel as ordinary convolutions; see `strided-filter.ts`.
 */
import { tf, type Tensor4D } from '../library.js';
import { constant, intAttribute, memoize, rawOp, stringAttribute, T, type NativeBackend } from './raw-op.js';

interface Attributes {
  strides: number | [number, number];
  pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  dilations: number | [number, number];
  filterShape: [height: number, width: number, channels: number, multiplier: number];
}

const WIDEST_OF_ONEDNN = 3;

const attributesOf = memoize(
  (padding: string, explicit: readonly number[], strides: readonly number[], dilations: readonly number[]) => [
    T,
    stringAttribute('padding', padding),
    intAttribute('strides', [1, ...strides, 1]),
    intAttribute('dilations', [1, ...dilations, 1]),
    stringAttribute('data_format', 'NHWC'),
    ...(padding === 'EXPLICIT' ? [intAttribute('explicit_paddings', explicit)] : []),
  ],
);

/** Replaces the native backend's kernel, so after that backend has been loaded. */
export function installDepthwiseFilter(): void {
  const kernelName = 'DepthwiseConv2dNativeBackpropFilter';
  tf.unregisterKernel(kernelName, 'tensorflow');
  tf.registerKernel({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend: any }) => {
      const { x, dy } = inputs as unknown as { x: Tensor4D; dy: Tensor4D };
      const { strides, pad, dimRoundingMode, dilations, filterShape } = attrs as unknown as Attributes;
      const backend = any as NativeBackend;
      const info = tf.backend_util.computeConv2DInfo(
        x.shape,
        filterShape,
        strides,
        dilations,
        pad,
        dimRoundingMode,
        true,
      );
      const { top, bottom, left, right, type } = info.padInfo;
      const single = filterShape[0] === 1 && filterShape[1] === 1;
      const explicit =
        type === 'EXPLICIT' || ((single || filterShape[1] > WIDEST_OF_ONEDNN) && !backend.isUsingGpuDevice);
      const attributes = attributesOf(
        explicit ? 'EXPLICIT' : type,
        [0, 0, top, bottom, left, right, 0, 0],
        [info.strideHeight, info.strideWidth],
        [info.dilationHeight, info.dilationWidth],
      );
      return rawOp(backend, kernelName, attributes, [x, constant(backend, filterShape), dy]);
    },
  });
}
