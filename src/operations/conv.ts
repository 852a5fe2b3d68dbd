/** Convolutions: dense, depthwise, and depthwise-separable. */
import { conv2d, depthwiseConv2d } from '../tensor/nn.js';
import { type Tensor4D } from '../tensor/tf.js';
import { heNormal } from './initializers.js';
import { type Operation } from './operation.js';
import { sequence } from './sequence.js';
import { type Padding, slide, soleInput } from './shapes.js';

export interface ConvOptions {
  filters: number;
  size: number;
  stride?: number;
  padding?: Padding;
}

/** 2-D convolution without bias (a normalization follows it): [H,W,C] -> [H',W',filters]. */
export function conv({ filters, size, stride = 1, padding = 'same' }: ConvOptions): Operation {
  return {
    kind: 'conv',
    elastic: true,
    config: { filters, size, stride, padding },
    build(inputs) {
      const shape = soleInput('conv', inputs, 3);
      const channels = shape[2]!;
      const [height, width] = slide('conv', shape, size, stride, padding);
      return {
        output: [height, width, filters],
        multiplyAdds: height * width * size * size * channels * filters,
        parameters: {
          kernel: {
            shape: [size, size, channels, filters],
            role: 'kernel',
            initializer: heNormal(size * size * channels),
          },
        },
        channels: { axes: { kernel: [undefined, undefined, 0, 1] }, output: 1 },
        forward: ([x], { parameter }) => conv2d(x as Tensor4D, parameter('kernel') as Tensor4D, { stride, padding }),
      };
    },
  };
}

/** Depthwise convolution, one filter a channel: [H,W,C] -> [H',W',C]. */
export function depthwiseConv({ size, stride = 1, padding = 'same' }: Omit<ConvOptions, 'filters'>): Operation {
  return {
    kind: 'depthwise-conv',
    elastic: true,
    config: { size, stride, padding },
    build(inputs) {
      const shape = soleInput('depthwise-conv', inputs, 3);
      const channels = shape[2]!;
      const [height, width] = slide('depthwise-conv', shape, size, stride, padding);
      return {
        output: [height, width, channels],
        multiplyAdds: height * width * size * size * channels,
        parameters: {
          kernel: { shape: [size, size, channels, 1], role: 'depthwise-kernel', initializer: heNormal(size * size) },
        },
        channels: { axes: { kernel: [undefined, undefined, 0, undefined] }, output: 0 },
        forward: ([x], { parameter }) =>
          depthwiseConv2d(x as Tensor4D, parameter('kernel') as Tensor4D, { stride, padding }),
      };
    },
  };
}

/** Depthwise, then 1x1 convolution: Chollet 2017. */
export function separableConv({ filters, size, stride = 1, padding = 'same' }: ConvOptions): Operation {
  return sequence('separable-conv', {
    depthwise: depthwiseConv({ size, stride, padding }),
    pointwise: conv({ filters, size: 1 }),
  });
}
