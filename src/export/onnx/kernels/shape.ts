/** Kernels that rearrange values. */
import { axisOf, type OnnxKernel, type OnnxKernelWriter } from './writer.js';

/** Beyond either end of any axis. */
const [LAST, BEFORE_FIRST] = [2 ** 31 - 1, -(2 ** 31)];

/** [before, after] of each axis as all before, then all after. */
function pads({ integers, step: { attributes } }: OnnxKernel): string {
  const sides = attributes['paddings'] as readonly (readonly [number, number])[];
  return integers([...sides.map(([before]) => before), ...sides.map(([, after]) => after)]);
}

interface Cut {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

const slice = ({ add, integers }: OnnxKernel, x: string, cuts: readonly Cut[]): string =>
  add('Slice', [
    x,
    integers(cuts.map(({ start }) => start)),
    integers(cuts.map(({ end }) => end)),
    integers(cuts.map((_, axis) => axis)),
    integers(cuts.map(({ step }) => step)),
  ]);

const axis = (value: number, rank: number) => ({ axis: { int: axisOf(value, rank) } });

export const SHAPE: Readonly<Record<string, OnnxKernelWriter>> = {
  Concat: ({ add, inputs, number, step }) =>
    add('Concat', Object.values(inputs), axis(number('axis'), step.shapes[0]!.length)),
  DepthToSpace: ({ add, inputs, number, channelsFirst, channelsLast }) =>
    channelsLast(
      add('DepthToSpace', [channelsFirst(inputs['x']!)], {
        blocksize: { int: number('blockSize') },
        mode: { text: 'DCR' },
      }),
    ),
  Einsum: ({ add, inputs, step }) =>
    add('Einsum', Object.values(inputs), { equation: { text: String(step.attributes['equation']) } }),
  ExpandDims: ({ add, inputs, integers, number, step }) =>
    add('Unsqueeze', [inputs['input']!, integers([axisOf(number('dim'), step.shapes[0]!.length)])]),
  GatherV2: ({ add, inputs, number, shape, refuse }) =>
    number('batchDims', 0) === 0
      ? add('Gather', [inputs['x']!, inputs['indices']!], axis(number('axis'), shape('x').length))
      : refuse('it gathers within batches'),
  MirrorPad: (kernel) =>
    kernel.step.attributes['mode'] === 'reflect'
      ? kernel.add('Pad', [kernel.inputs['x']!, pads(kernel)], { mode: { text: 'reflect' } })
      : kernel.refuse(`its mode is ${String(kernel.step.attributes['mode'])}`),
  Pack({ add, inputs, integers, number, step }) {
    const place = axisOf(number('axis'), step.shapes[0]!.length);
    return add(
      'Concat',
      Object.values(inputs).map((input) => add('Unsqueeze', [input, integers([place])])),
      { axis: { int: place } },
    );
  },
  PadV2: (kernel) =>
    kernel.add('Pad', [kernel.inputs['x']!, pads(kernel), kernel.scalar(kernel.number('constantValue'))]),
  // The attribute may contain the batch size; the output shape has -1 for it.
  Reshape: ({ add, inputs, integers, step: { shapes } }) => add('Reshape', [inputs['x']!, integers(shapes[0]!)]),
  Reverse(kernel) {
    const rank = kernel.shape('x').length;
    const reversed = (kernel.step.attributes['dims'] as number[]).map((dim) => axisOf(dim, rank));
    return slice(
      kernel,
      kernel.inputs['x']!,
      Array.from({ length: rank }, (_, i) =>
        reversed.includes(i) ? { start: -1, end: BEFORE_FIRST, step: -1 } : { start: 0, end: LAST, step: 1 },
      ),
    );
  },
  Slice(kernel) {
    const begin = [kernel.step.attributes['begin'] as number | number[]].flat();
    const cuts = kernel.step.shapes[0]!.map((length, i) => {
      const start = begin[i] ?? 0;
      return { start, end: length < 0 ? LAST : start + length, step: 1 };
    });
    return slice(kernel, kernel.inputs['x']!, cuts);
  },
  SplitV({ addMany, inputs, integers, number, shape, refuse, step: { shapes } }) {
    const place = axisOf(number('axis'), shape('x').length);
    if (shape('x')[place] === -1) return refuse('it splits the batch');
    return addMany(
      'Split',
      [inputs['x']!, integers(shapes.map((one) => one[place]!))],
      { axis: { int: place } },
      shapes.length,
    );
  },
  StridedSlice(kernel) {
    const { number, refuse, shape, step, add, integers } = kernel;
    if (number('ellipsisMask', 0) !== 0 || number('newAxisMask', 0) !== 0) return refuse('it adds or leaves out axes');
    const [begin, end, strides] = ['begin', 'end', 'strides'].map((name) => step.attributes[name] as number[]) as [
      number[],
      number[],
      number[],
    ];
    const isSet = (mask: string, i: number): boolean => ((number(mask, 0) >> i) & 1) === 1;
    const shrunk: number[] = [];
    const cuts = shape('x').map((_, i): Cut => {
      if (i >= begin.length) return { start: 0, end: LAST, step: 1 };
      if (isSet('shrinkAxisMask', i)) {
        shrunk.push(i);
        return { start: begin[i]!, end: begin[i] === -1 ? LAST : begin[i]! + 1, step: 1 };
      }
      const forward = strides[i]! > 0;
      return {
        start: isSet('beginMask', i) ? (forward ? 0 : LAST) : begin[i]!,
        end: isSet('endMask', i) ? (forward ? LAST : BEFORE_FIRST) : end[i]!,
        step: strides[i]!,
      };
    });
    const cut = slice(kernel, kernel.inputs['x']!, cuts);
    return shrunk.length === 0 ? cut : add('Squeeze', [cut, integers(shrunk)]);
  },
  Tile: ({ add, inputs, integers, step }) => add('Tile', [inputs['x']!, integers(step.attributes['reps'] as number[])]),
  Transpose: ({ add, inputs, step }) =>
    add('Transpose', [inputs['x']!], { perm: { ints: step.attributes['perm'] as number[] } }),
  Unpack({ add, addMany, inputs, integers, number, shape, step: { shapes } }) {
    const place = axisOf(number('axis'), shape('value').length);
    const parts = addMany(
      'Split',
      [inputs['value']!, integers(shapes.map(() => 1))],
      { axis: { int: place } },
      shapes.length,
    );
    return parts.map((part) => add('Squeeze', [part, integers([place])]));
  },
};
