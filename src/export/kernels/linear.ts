/** Matrix products, convolutions and pooling. */
import { WeftError } from '../../errors.js';
import { type Attribute, bool, float, int, ints, string } from '../graph-def.js';
import { shapeOf } from '../program.js';
import { type KernelWriter, type Writer } from './writer.js';

const product: Writer = ({ add, inputs: { a, b }, step: { attributes, shapes } }) => {
  const [transposeA, transposeB] = [bool(attributes['transposeA']), bool(attributes['transposeB'])];
  if (shapes[0]!.length === 2) return add('MatMul', [a!, b!], { transpose_a: transposeA, transpose_b: transposeB });
  return add('BatchMatMulV2', [a!, b!], { adj_x: transposeA, adj_y: transposeB });
};

const convolution =
  (op: string): Writer =>
  (kernel) =>
    kernel.add(op, [kernel.inputs['x']!, kernel.inputs['filter']!], {
      ...slide(kernel),
      dilations: alongImage(kernel.step.attributes['dilations'] ?? 1),
    });

const pool =
  (op: string): Writer =>
  (kernel) =>
    kernel.add(op, [kernel.inputs['x']!], {
      ...slide(kernel),
      ksize: alongImage(kernel.step.attributes['filterSize']),
    });

/** Strides and padding of a window. */
function slide({ step: { kernel, attributes } }: KernelWriter): Record<string, Attribute> {
  if (attributes['dataFormat'] === 'NCHW')
    throw new WeftError('export', `the kernel '${kernel}' has the channels first`, 'use the order NHWC');
  return {
    strides: alongImage(attributes['strides']),
    data_format: string('NHWC'),
    ...edges(kernel, attributes['pad']),
  };
}

/** Padding by name, as one number for all sides, or as [before, after] for each axis. */
function edges(kernel: string, pad: unknown): Record<string, Attribute> {
  if (typeof pad === 'string') return { padding: string(pad.toUpperCase()) };
  if (kernel.endsWith('Pool'))
    throw new WeftError(
      'export',
      `TensorFlow's '${kernel}' cannot take numbers for its padding`,
      "use 'same', 'valid', or tf.pad before it",
    );
  const sides = Array.isArray(pad)
    ? (pad as number[][]).flat()
    : [0, 0, pad as number, pad as number, pad as number, pad as number, 0, 0];
  return { padding: string('EXPLICIT'), explicit_paddings: ints(sides) };
}

/** One number, or one each for height and width, as a list for all four axes. */
function alongImage(value: unknown): Attribute {
  const [height, width] = Array.isArray(value) ? (value as [number, number]) : [value as number, value as number];
  return ints([1, height, width, 1]);
}

/** The plain kernel, then the bias, then the activation. */
const fused =
  (plain: Writer): Writer =>
  (kernel) => {
    const { bias, preluActivationWeights: slopes } = kernel.inputs;
    const linear = plain(kernel);
    const sum = bias === undefined ? linear : kernel.add('AddV2', [linear, bias]);
    const activation = (kernel.step.attributes['activation'] ?? 'linear') as string;
    if (activation === 'linear') return sum;
    if (activation === 'prelu') return kernel.add('Prelu', [sum, slopes!]);
    if (activation === 'leakyrelu')
      return kernel.add('LeakyRelu', [sum], { alpha: float(kernel.number('leakyreluAlpha')) });
    return kernel.add(`${activation[0]!.toUpperCase()}${activation.slice(1)}`, [sum]); // relu, relu6, elu, sigmoid
  };

const resize =
  (op: string): Writer =>
  ({ add, inputs, integers, step: { attributes } }) =>
    add(op, [inputs['images']!, integers('size')], {
      align_corners: bool(attributes['alignCorners']),
      half_pixel_centers: bool(attributes['halfPixelCenters']),
    });

export const LINEAR: Readonly<Record<string, Writer>> = {
  AvgPool: pool('AvgPool'),
  BatchMatMul: product,
  _FusedMatMul: fused(product),
  Conv2D: convolution('Conv2D'),
  FusedConv2D: fused(convolution('Conv2D')),
  DepthwiseConv2dNative: convolution('DepthwiseConv2dNative'),
  FusedDepthwiseConv2D: fused(convolution('DepthwiseConv2dNative')),
  FusedBatchNorm({ add, inputs: { x, scale, offset, mean, variance }, constant, number, step: { inputs } }) {
    const channels = shapeOf(inputs['mean']!);
    const every = (value: number) => constant(channels, Array<number>(channels[0]!).fill(value), 'float32');
    return add('FusedBatchNormV3', [x!, scale ?? every(1), offset ?? every(0), mean!, variance!], {
      epsilon: float(number('varianceEpsilon')),
      is_training: bool(false),
      data_format: string('NHWC'),
    });
  },
  LRN: ({ add, inputs, number }) =>
    add('LRN', [inputs['x']!], {
      depth_radius: int(number('depthRadius')),
      bias: float(number('bias')),
      alpha: float(number('alpha')),
      beta: float(number('beta')),
    }),
  MaxPool: pool('MaxPool'),
  ResizeBilinear: resize('ResizeBilinear'),
  ResizeNearestNeighbor: resize('ResizeNearestNeighbor'),
};
