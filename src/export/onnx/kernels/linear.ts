/** Matrix products, convolutions and pooling. */
import { type Constant, type Value } from '../../program.js';
import { type OnnxAttribute } from '../proto.js';
import { type OnnxKernel, type OnnxKernelWriter } from './writer.js';

const product: OnnxKernelWriter = ({ add, inputs: { a, b }, shape, step: { attributes } }) => {
  const rank = shape('a').length;
  const swapped = [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2];
  const maybe = (x: string, name: string): string =>
    attributes[name] === true ? add('Transpose', [x], { perm: { ints: swapped } }) : x;
  return add('MatMul', [maybe(a!, 'transposeA'), maybe(b!, 'transposeB')]);
};

/** Weights [height, width, in, out] become [out, in, height, width]. */
const convolution: OnnxKernelWriter = (kernel) => {
  const { add, inputs, channelsFirst, channelsLast, shape } = kernel;
  const [height, width] = shape('filter') as [number, number];
  const filter =
    weightsOf(kernel, [3, 2, 0, 1], (s) => s) ??
    add('Transpose', [inputs['filter']!], { perm: { ints: [3, 2, 0, 1] } });
  return channelsLast(
    add(
      'Conv',
      [channelsFirst(inputs['x']!), filter],
      window(kernel, [height, width], kernel.step.attributes['dilations']),
    ),
  );
};

/** Weights [height, width, in, multiplier] become [in * multiplier, 1, height, width], in groups of one channel. */
const depthwise: OnnxKernelWriter = (kernel) => {
  const { add, inputs, channelsFirst, channelsLast, shape, refuse } = kernel;
  const [height, width, channels, multiplier] = shape('filter') as [number, number, number, number];
  const filter = weightsOf(kernel, [2, 3, 0, 1], () => [channels * multiplier, 1, height, width]);
  if (filter === undefined) return refuse('its weights depend on the input');
  return channelsLast(
    add('Conv', [channelsFirst(inputs['x']!), filter], {
      ...window(kernel, [height, width], kernel.step.attributes['dilations']),
      group: { int: channels },
    }),
  );
};

/** Constant weights with permuted axes, under the same name; undefined if they are not constant. */
function weightsOf(
  { step, constant }: OnnxKernel,
  order: readonly number[],
  shapeAs: (shape: number[]) => readonly number[],
): string | undefined {
  const filter = step.inputs['filter']!;
  if (filter.kind !== 'constant') return undefined;
  const cached = REORDERED.get(filter) ?? REORDERED.set(filter, new Map()).get(filter)!;
  const key = order.join();
  if (!cached.has(key)) {
    const moved = permuted(filter, order);
    cached.set(key, { ...moved, shape: shapeAs([...moved.shape]) });
  }
  return constant(cached.get(key)!);
}

/** The same weights give the same constant again: a graph writes them only once. */
const REORDERED = new WeakMap<Value, Map<string, Constant>>();

function permuted(constant: Constant, order: readonly number[]): Constant {
  const { shape, values } = constant;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const target = order.map((axis) => shape[axis]!);
  const moved = new Float32Array(values.length);
  for (let i = 0; i < moved.length; i++) {
    let [rest, from] = [i, 0];
    for (let axis = target.length - 1; axis >= 0; axis--) {
      from += (rest % target[axis]!) * strides[order[axis]!]!;
      rest = Math.floor(rest / target[axis]!);
    }
    moved[i] = values[from]!;
  }
  return { ...constant, shape: target, values: moved };
}

/** Strides of a window, and the rows and columns padded at each edge. */
function window(
  kernel: OnnxKernel,
  size: readonly [height: number, width: number],
  dilation: unknown = 1,
): Record<string, OnnxAttribute> {
  const { attributes, shapes } = kernel.step;
  if (attributes['dataFormat'] === 'NCHW') kernel.refuse('it has the channels first');
  const strides = pair(attributes['strides']);
  const dilations = pair(dilation);
  const [, ...from] = kernel.shape('x');
  const [, ...to] = shapes[0]!;
  const sides = [0, 1].map((axis): [number, number] => {
    const pad = attributes['pad'];
    if (pad === 'valid') return [0, 0];
    if (typeof pad === 'number') return [pad, pad];
    if (Array.isArray(pad)) return (pad as [number, number][])[axis + 1]!;
    const reach = (to[axis]! - 1) * strides[axis]! + (size[axis]! - 1) * dilations[axis]! + 1;
    const total = Math.max(0, reach - from[axis]!);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
  return {
    strides: { ints: strides },
    pads: { ints: [sides[0]![0], sides[1]![0], sides[0]![1], sides[1]![1]] },
    kernel_shape: { ints: size },
    ...(dilations.some((one) => one > 1) && { dilations: { ints: dilations } }),
  };
}

const pair = (value: unknown): [number, number] =>
  Array.isArray(value) ? (value as [number, number]) : [value as number, value as number];

const pool =
  (op: string): OnnxKernelWriter =>
  (kernel) =>
    kernel.channelsLast(
      kernel.add(
        op,
        [kernel.channelsFirst(kernel.inputs['x']!)],
        window(kernel, pair(kernel.step.attributes['filterSize'])),
      ),
    );

/** The plain kernel, then the bias, then the activation. */
const fused =
  (plain: OnnxKernelWriter): OnnxKernelWriter =>
  (kernel) => {
    const { add, scalar, inputs, number } = kernel;
    const { bias, preluActivationWeights: slopes } = inputs;
    const linear = plain(kernel) as string;
    const sum = bias === undefined ? linear : add('Add', [linear, bias]);
    const activation = (kernel.step.attributes['activation'] ?? 'linear') as string;
    switch (activation) {
      case 'linear':
        return sum;
      case 'relu':
        return add('Relu', [sum]);
      case 'relu6':
        return add('Clip', [sum, scalar(0), scalar(6)]);
      case 'elu':
        return add('Elu', [sum]);
      case 'sigmoid':
        return add('Sigmoid', [sum]);
      case 'prelu':
        return add('PRelu', [sum, slopes!]);
      case 'leakyrelu':
        return add('LeakyRelu', [sum], { alpha: { float: number('leakyreluAlpha') } });
      default:
        return kernel.refuse(`its activation is ${activation}`);
    }
  };

const resize =
  (mode: 'linear' | 'nearest'): OnnxKernelWriter =>
  ({ add, inputs, integers, channelsFirst, channelsLast, step: { attributes } }) => {
    const corners = attributes['alignCorners'] === true;
    const half = attributes['halfPixelCenters'] === true;
    const images = channelsFirst(inputs['images']!);
    const examplesAndChannels = add('Shape', [images], { end: { int: 2 } });
    const sizes = add('Concat', [examplesAndChannels, integers(attributes['size'] as number[])], { axis: { int: 0 } });
    return channelsLast(
      add('Resize', [images, '', '', sizes], {
        mode: { text: mode },
        coordinate_transformation_mode: { text: corners ? 'align_corners' : half ? 'half_pixel' : 'asymmetric' },
        // floor((i + 1/2) scale) is (i + 1/2) scale - 1/2, rounded with halves up.
        ...(mode === 'nearest' && { nearest_mode: { text: corners || half ? 'round_prefer_ceil' : 'floor' } }),
      }),
    );
  };

export const LINEAR: Readonly<Record<string, OnnxKernelWriter>> = {
  AvgPool: pool('AveragePool'),
  BatchMatMul: product,
  _FusedMatMul: fused(product),
  Conv2D: convolution,
  FusedConv2D: fused(convolution),
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: fused(depthwise),
  FusedBatchNorm({
    add,
    inputs: { x, scale, offset, mean, variance },
    constant,
    number,
    shape,
    channelsFirst,
    channelsLast,
  }) {
    const [channels] = shape('mean') as [number];
    const every = (value: number): string =>
      constant({
        kind: 'constant',
        name: undefined,
        dtype: 'float32',
        shape: [channels],
        values: Array<number>(channels).fill(value),
      });
    return channelsLast(
      add('BatchNormalization', [channelsFirst(x!), scale ?? every(1), offset ?? every(0), mean!, variance!], {
        epsilon: { float: number('varianceEpsilon') },
      }),
    );
  },
  // ONNX divides alpha by the number of channels in the window.
  LRN({ add, inputs, number, channelsFirst, channelsLast }) {
    const size = 2 * number('depthRadius') + 1;
    return channelsLast(
      add('LRN', [channelsFirst(inputs['x']!)], {
        size: { int: size },
        alpha: { float: number('alpha') * size },
        beta: { float: number('beta') },
        bias: { float: number('bias') },
      }),
    );
  },
  MaxPool: pool('MaxPool'),
  ResizeBilinear: resize('linear'),
  ResizeNearestNeighbor: resize('nearest'),
};
