/** Kernels that rearrange values. */
import { WeftError } from '../../errors.js';
import { int, string } from '../graph-def.js';
import { shapeOf } from '../program.js';
import { type KernelWriter, listed, withIntegers, type Writer } from './writer.js';

const paddings = ({ constant, step: { attributes } }: KernelWriter) => {
  const sides = attributes['paddings'] as readonly (readonly number[])[];
  return constant([sides.length, 2], sides.flat());
};

const MASKS = {
  begin_mask: 'beginMask',
  end_mask: 'endMask',
  ellipsis_mask: 'ellipsisMask',
  new_axis_mask: 'newAxisMask',
  shrink_axis_mask: 'shrinkAxisMask',
};

export const SHAPE: Readonly<Record<string, Writer>> = {
  Concat: listed('ConcatV2', ({ integers }) => ({ inputs: [integers('axis')] })),
  DepthToSpace: ({ add, inputs, number }) =>
    add('DepthToSpace', [inputs['x']!], { block_size: int(number('blockSize')), data_format: string('NHWC') }),
  Einsum: listed('Einsum', ({ step }) => ({ attributes: { equation: string(String(step.attributes['equation'])) } })),
  ExpandDims: withIntegers('ExpandDims', 'dim', 'input'),
  GatherV2: ({ add, inputs, integers, number }) =>
    add('GatherV2', [inputs['x']!, inputs['indices']!, integers('axis')], { batch_dims: int(number('batchDims', 0)) }),
  MirrorPad: (kernel) =>
    kernel.add('MirrorPad', [kernel.inputs['x']!, paddings(kernel)], {
      mode: string(String(kernel.step.attributes['mode']).toUpperCase()),
    }),
  Pack: listed('Pack', ({ number }) => ({ attributes: { axis: int(number('axis')) } })),
  PadV2: (kernel) =>
    kernel.add('PadV2', [
      kernel.inputs['x']!,
      paddings(kernel),
      kernel.constant([], [kernel.number('constantValue')], 'float32'),
    ]),
  // The attribute may contain the batch size; the output shape has -1 for it.
  Reshape: ({ add, inputs, constant, step: { shapes } }) =>
    add('Reshape', [inputs['x']!, constant([shapes[0]!.length], shapes[0]!)]),
  Reverse: withIntegers('ReverseV2', 'dims'),
  Slice: ({ add, inputs, constant, integers, step: { shapes } }) =>
    add('Slice', [inputs['x']!, integers('begin'), constant([shapes[0]!.length], shapes[0]!)]),
  SplitV({ add, inputs, constant, integers, number, step }) {
    const axis = number('axis');
    if (shapeOf(step.inputs['x']!).at(axis) === -1)
      throw new WeftError('export', "the kernel 'SplitV' splits the batch", 'split along another axis');
    const sizes = step.shapes.map((shape) => shape.at(axis)!);
    return add('SplitV', [inputs['x']!, constant([sizes.length], sizes), integers('axis')], {
      num_split: int(sizes.length),
    });
  },
  StridedSlice: ({ add, inputs, integers, number }) =>
    add(
      'StridedSlice',
      [inputs['x']!, integers('begin'), integers('end'), integers('strides')],
      Object.fromEntries(Object.entries(MASKS).map(([mask, attribute]) => [mask, int(number(attribute, 0))])),
    ),
  Tile: withIntegers('Tile', 'reps'),
  Transpose: withIntegers('Transpose', 'perm'),
  Unpack: ({ add, inputs, number, step }) =>
    add('Unpack', [inputs['value']!], { num: int(step.shapes.length), axis: int(number('axis')) }),
};
