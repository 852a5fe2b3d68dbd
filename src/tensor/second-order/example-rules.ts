/**
 * For each known kernel, where the examples lie in its inputs, given where they lie in one of its outputs. A kernel
 * without a rule ends the path along which examples are followed.
 */
import { tf, type Tensor } from '../tf.js';
import type { ExampleAxis } from './example-axis.js';

export interface AxisQuery {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Tensor[];
  /** Index of the output in question. */
  readonly position: number;
  /** The example axis of that output. */
  readonly axis: ExampleAxis;
}

/**
 * The stride of each input. In a missing input examples cannot be distinguished: parameters and other values that all
 * examples share.
 */
type Places = Readonly<Record<string, number | undefined>>;
type AxisRule = (query: AxisQuery) => Places | undefined;

/** The dimension in which the examples lie: its length is before·examples·after. */
interface Dimension {
  readonly index: number;
  readonly examples: number;
  readonly after: number;
}

const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);

/** The dimension of this axis; undefined if examples are spread over several dimensions. */
function dimensionOf(shape: readonly number[], { examples, stride }: ExampleAxis): Dimension | undefined {
  let inner = 1;
  for (let index = shape.length - 1; index >= 0; index--) {
    const length = shape[index]!;
    if (stride < inner * length) {
      const after = stride / inner;
      return Number.isInteger(after) && length % (examples * after) === 0 ? { index, examples, after } : undefined;
    }
    inner *= length;
  }
  return undefined;
}

/** The stride of examples that lie in dimension `index` of another shape in the same way. */
function strideIn(shape: readonly number[], index: number, { examples, after }: Dimension): number | undefined {
  if (index < 0 || index >= shape.length || shape[index]! % (examples * after) !== 0) return undefined;
  return after * product(shape.slice(index + 1));
}

const outputOf = ({ outputs, position }: AxisQuery): Tensor => outputs[position]!;
const dimension = (query: AxisQuery): Dimension | undefined => dimensionOf(outputOf(query).shape, query.axis);
const normalized = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
const list = (value: unknown): readonly number[] => (Array.isArray(value) ? (value as number[]) : [value as number]);

/** The same elements in the same order. */
const sameOrder: AxisRule = ({ inputs, axis }) =>
  Object.fromEntries(Object.keys(inputs).map((slot) => [slot, axis.stride]));

/** Element by element, inputs broadcast to the shape of the output. */
const elementwise: AxisRule = (query) => {
  const output = outputOf(query);
  const found = dimension(query);
  return Object.fromEntries(
    Object.entries(query.inputs).map(([slot, { shape }]) => {
      if (tf.util.arraysEqual(shape, output.shape)) return [slot, query.axis.stride];
      if (!found) return [slot, undefined];
      const index = found.index - (output.rank - shape.length);
      return [slot, strideIn(shape, index, found)];
    }),
  );
};

/**
 * Dimension `index` of the output is dimension `to(index)` of the input `slot`, the only input that belongs to
 * examples.
 */
const moved =
  (slot: string, to: (index: number, query: AxisQuery) => number | undefined): AxisRule =>
  (query) => {
    const found = dimension(query);
    const index = found && to(found.index, query);
    return found && index !== undefined ? { [slot]: strideIn(query.inputs[slot]!.shape, index, found) } : undefined;
  };

/** Every image by itself: the examples lie in the first dimension. */
const images = (slot: string): AxisRule => moved(slot, (index) => (index === 0 ? 0 : undefined));

/** Every row along `axis` by itself, of an output of the same shape. */
const along =
  (slot: string, axisOf: (attributes: AxisQuery['attributes']) => readonly number[]): AxisRule =>
  (query) => {
    const { rank } = outputOf(query);
    const axes = axisOf(query.attributes).map((axis) => normalized(axis, rank));
    return moved(slot, (index) => (axes.includes(index) ? undefined : index))(query);
  };

const matMul: AxisRule = (query) => {
  const { inputs, attributes } = query;
  const output = outputOf(query);
  const found = dimension(query);
  if (!found) return undefined;
  const [rows, columns] = [output.rank - 2, output.rank - 1];
  const flip = (slot: 'a' | 'b'): boolean => attributes[slot === 'a' ? 'transposeA' : 'transposeB'] === true;
  const place = (slot: 'a' | 'b'): number | undefined => {
    const { shape } = inputs[slot]!;
    if (found.index < rows) return strideIn(shape, found.index - (output.rank - shape.length), found);
    if (found.index !== (slot === 'a' ? rows : columns)) return undefined;
    const last = shape.length - 1;
    const index = slot === 'a' ? (flip('a') ? last : last - 1) : flip('b') ? last - 1 : last;
    return strideIn(shape, index, found);
  };
  return { a: place('a'), b: place('b') };
};

/**
 * Inputs one after another along an axis; examples may lie along it if each input has all of them, as with the steps of
 * a sequence.
 */
const concat: AxisRule = (query) => {
  const found = dimension(query);
  if (!found) return undefined;
  const axis = normalized(query.attributes['axis'] as number, outputOf(query).rank);
  let offset = 0;
  return Object.fromEntries(
    Object.entries(query.inputs).map(([slot, { shape }]) => {
      const whole = found.index !== axis || offset % (found.examples * found.after) === 0;
      offset += shape[axis]!;
      return [slot, whole ? strideIn(shape, found.index, found) : undefined];
    }),
  );
};

/** Tensors side by side along a new axis. */
const pack: AxisRule = (query) => {
  const found = dimension(query);
  const axis = normalized(query.attributes['axis'] as number, outputOf(query).rank);
  if (!found || found.index === axis) return undefined;
  const index = found.index < axis ? found.index : found.index - 1;
  return Object.fromEntries(
    Object.entries(query.inputs).map(([slot, { shape }]) => [slot, strideIn(shape, index, found)]),
  );
};

/** A part of each dimension; of the example dimension everything, or a part that holds all examples. */
const part = (slot: string, beginOf: (index: number, query: AxisQuery) => number | undefined): AxisRule =>
  moved(slot, (index, query) => {
    const [from, to] = [query.inputs[slot]!.shape[index]!, outputOf(query).shape[index]!];
    if (from === to) return index;
    const { examples, after } = dimension(query)!;
    const begin = beginOf(index, query);
    return begin !== undefined && begin % (examples * after) === 0 ? index : undefined;
  });

const split: AxisRule = (query) => {
  const { attributes, inputs, outputs, position } = query;
  const axis = normalized(attributes['axis'] as number, inputs['x']!.rank);
  return part('x', (index) =>
    index === axis ? outputs.slice(0, position).reduce((sum, { shape }) => sum + shape[axis]!, 0) : undefined,
  )(query);
};

const reduction: AxisRule = (query) => {
  const { rank } = query.inputs['x']!;
  const { axis, reductionIndices = axis, keepDims } = query.attributes;
  const all = [...Array(rank).keys()];
  const reduced =
    reductionIndices === undefined || reductionIndices === null
      ? all
      : list(reductionIndices).map((one) => normalized(one, rank));
  return moved('x', (index) => {
    if (keepDims === true) return reduced.includes(index) ? undefined : index;
    return all.filter((one) => !reduced.includes(one))[index];
  })(query);
};

const gather: AxisRule = (query) => {
  const { inputs, attributes } = query;
  const [x, indices] = [inputs['x']!, inputs['indices']!];
  const axis = normalized((attributes['axis'] as number | undefined) ?? 0, x.rank);
  const found = dimension(query);
  if (!found || ((attributes['batchDims'] as number | undefined) ?? 0) !== 0) return undefined;
  if (found.index < axis) return { x: strideIn(x.shape, found.index, found) };
  if (found.index < axis + indices.rank) return { indices: strideIn(indices.shape, found.index - axis, found) };
  return { x: strideIn(x.shape, found.index - indices.rank + 1, found) };
};

const each = (names: readonly string[], rule: AxisRule): Record<string, AxisRule> =>
  Object.fromEntries(names.map((name) => [name, rule]));

/** The kernels through which examples are followed. */
export const AXIS_RULES: Readonly<Record<string, AxisRule>> = {
  ...each(['Reshape', 'ExpandDims', 'Identity', 'Cast', 'ZerosLike'], sameOrder),
  ...each(
    [
      ...['Add', 'AddN', 'Sub', 'Multiply', 'RealDiv', 'DivNoNan', 'Maximum', 'Minimum', 'Pow', 'SquaredDifference'],
      ...['Relu', 'Relu6', 'LeakyRelu', 'Prelu', 'Elu', 'Selu', 'Softplus', 'Sigmoid', 'Tanh', 'Erf', 'ClipByValue'],
      ...['Exp', 'Expm1', 'Log', 'Log1p', 'Sqrt', 'Rsqrt', 'Square', 'Neg', 'Abs', 'Reciprocal', 'Sin', 'Cos', 'Tan'],
      ...['Asin', 'Acos', 'Atan', 'Atan2', 'Sinh', 'Cosh', 'Select', 'Step'],
    ],
    elementwise,
  ),
  Transpose: moved('x', (index, { attributes }) => list(attributes['perm'])[index]),
  BatchMatMul: matMul,
  WeftDense: moved('x', (index) => (index === 0 ? 0 : undefined)),
  // Batch statistics count as constants.
  WeftBatchNorm: ({ position, axis }) => (position === 0 ? { x: axis.stride } : undefined),
  FusedBatchNorm: ({ axis }) => ({ x: axis.stride }),
  ...each(['MaxPool', 'AvgPool', 'Conv2D', 'DepthwiseConv2dNative', 'WeftPointwise', 'WeftMaxPool'], images('x')),
  ...each(['ResizeBilinear', 'ResizeNearestNeighbor'], images('images')),
  WeftCrossEntropy: moved('logits', (index, { position }) => (position === 0 ? index : undefined)),
  Softmax: along('logits', ({ dim = -1 }) => list(dim)),
  Cumsum: along('x', ({ axis }) => list(axis)),
  Reverse: along('x', ({ dims }) => list(dims)),
  Concat: concat,
  Pack: pack,
  Unpack: moved('value', (index, { attributes, inputs }) => {
    const axis = normalized((attributes['axis'] as number | undefined) ?? 0, inputs['value']!.rank);
    return index < axis ? index : index + 1;
  }),
  Slice: part('x', (index, { attributes }) => list(attributes['begin'])[index] ?? 0),
  SplitV: split,
  StridedSlice: moved('x', (index, query) => {
    const { strides } = query.attributes;
    const { rank, shape } = query.inputs['x']!;
    const kept = outputOf(query).rank === rank && outputOf(query).shape[index] === shape[index];
    return kept && (list(strides)[index] ?? 1) === 1 ? index : undefined;
  }),
  PadV2: moved('x', (index, query) =>
    query.inputs['x']!.shape[index] === outputOf(query).shape[index] ? index : undefined,
  ),
  MirrorPad: moved('x', (index, query) =>
    query.inputs['x']!.shape[index] === outputOf(query).shape[index] ? index : undefined,
  ),
  Tile: moved('x', (index, { attributes }) => (list(attributes['reps'])[index] === 1 ? index : undefined)),
  ...each(['Sum', 'Mean', 'Max', 'Min', 'Prod'], reduction),
  GatherV2: gather,
};
