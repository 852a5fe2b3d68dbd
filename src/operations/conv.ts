/** Convolutions: dense, depthwise, and depthwise-separable. */
import { conv2d, depthwiseConv2d } from '../tensor/nn.js';
import { type Tensor4D } from '../tensor/tf.js';
import { heNormal } from './initializers.js';
import { kernelTransform } from './kernel-transform.js';
import { type Operation } from './operation.js';
import { sequence } from './sequence.js';
import { type Padding, slide, soleInput } from './shapes.js';

export interface ConvOptions {
  filters: number;
  size: number;
  stride?: number;
  padding?: Padding;
  /**
   * The kernel sizes of an elastic convolution: a smaller kernel is then the centre of the next larger one times a
   * matrix that is learned. Without them it is the unchanged centre.
   */
  kernels?: readonly number[] | undefined;
}

/** 2-D convolution without bias (a normalization follows it): [H,W,C] -> [H',W',filters]. */
export function conv({ filters, size, stride = 1, padding = 'same', kernels }: ConvOptions): Operation {
  const transform = kernelTransform(size, kernels);
  return {
    kind: 'conv',
    elastic: true,
    config: { filters, size, stride, padding, ...(kernels && { kernels }) },
    ...(transform && { deployed: conv({ filters, size, stride, padding }) }),
    build(inputs) {
      const shape = soleInput('conv', inputs, 3);
      const channels = shape[2]!;
      const [height, width] = slide('conv', shape, size, stride, padding);
      const side = transform?.reads ?? size;
      return {
        output: [height, width, filters],
        multiplyAdds: height * width * size * size * channels * filters,
        parameters: {
          kernel: {
            shape: [side, side, channels, filters],
            role: 'kernel',
            initializer: heNormal(size * size * channels),
          },
          ...transform?.own,
        },
        ...(transform && {
          spare: transform.all,
          fold: (parameter) => ({ kernel: transform.apply(parameter('kernel'), parameter) }),
        }),
        channels: { axes: { kernel: [undefined, undefined, 0, 1] }, output: 1 },
        forward([x], { parameter }) {
          const kernel = transform ? transform.apply(parameter('kernel'), parameter) : parameter('kernel');
          return conv2d(x as Tensor4D, kernel as Tensor4D, { stride, padding });
        },
      };
    },
  };
}

/** Depthwise convolution, one filter per channel: [H,W,C] -> [H',W',C]. */
export function depthwiseConv({
  size,
  stride = 1,
  padding = 'same',
  kernels,
}: Omit<ConvOptions, 'filters'>): Operation {
  const transform = kernelTransform(size, kernels);
  return {
    kind: 'depthwise-conv',
    elastic: true,
    config: { size, stride, padding, ...(kernels && { kernels }) },
    ...(transform && { deployed: depthwiseConv({ size, stride, padding }) }),
    build(inputs) {
      const shape = soleInput('depthwise-conv', inputs, 3);
      const channels = shape[2]!;
      const [height, width] = slide('depthwise-conv', shape, size, stride, padding);
      const side = transform?.reads ?? size;
      return {
        output: [height, width, channels],
        multiplyAdds: height * width * size * size * channels,
        parameters: {
          kernel: { shape: [side, side, channels, 1], role: 'depthwise-kernel', initializer: heNormal(size * size) },
          ...transform?.own,
        },
        ...(transform && {
          spare: transform.all,
          fold: (parameter) => ({ kernel: transform.apply(parameter('kernel'), parameter) }),
        }),
        channels: { axes: { kernel: [undefined, undefined, 0, undefined] }, output: 0 },
        forward([x], { parameter }) {
          const kernel = transform ? transform.apply(parameter('kernel'), parameter) : parameter('kernel');
          return depthwiseConv2d(x as Tensor4D, kernel as Tensor4D, { stride, padding });
        },
      };
    },
  };
}

/** Depthwise, then 1x1 convolution: Chollet 2017. */
export function separableConv({ filters, size, stride = 1, padding = 'same', kernels }: ConvOptions): Operation {
  return sequence('separable-conv', {
    depthwise: depthwiseConv({ size, stride, padding, kernels }),
    pointwise: conv({ filters, size: 1 }),
  });
}
