/**
 * Finds the layers of a computation from the kernels that it runs: every kernel that multiplies, convolves, scales,
 * shifts or looks up one of the parameters is a use of that parameter. No layer has to register itself.
 */
import type { NamedTensors } from '../named.js';
import type { Window2D } from '../nn.js';
import { recordOn } from '../tape.js';
import { tf, tidy, type Tensor, type Tensor4D } from '../tf.js';
import { watchKernels, type KernelCall } from '../trace.js';
import { unrolled } from '../unrolled.js';
import { axisOfRows, type ExampleAxis, followExamples } from './example-axis.js';

/**
 * One use of a layer's parameters. A layer that is used several times in a pass (shared weights, a recurrent cell) has
 * several.
 */
export interface CapturedUse {
  readonly kind: 'dense' | 'conv' | 'depthwise' | 'affine' | 'embedding';
  /** Name of the kernel, of the table, or of the scale. */
  readonly weight?: string | undefined;
  /** Name of the bias or offset that is added to the same output. */
  readonly bias?: string | undefined;
  /**
   * What the weight is applied to: [N,I], images [N,H,W,C], or the ids of an embedding; for a normalization, the values
   * before it.
   */
  readonly input?: Tensor | undefined;
  /** The window of a convolution. */
  readonly window?: (Required<Window2D> & { readonly size: readonly [number, number] }) | undefined;
  /**
   * Where the examples lie among the rows of the output: a row is its last axis, or as many axes as the bias has.
   * Undefined if they cannot be distinguished.
   */
  readonly axis?: ExampleAxis | undefined;
  /** The kernel beyond which they cannot be distinguished, going back from the model's outputs. */
  readonly endedBy?: string | undefined;
  /** For a batch normalization, whose scale multiplies (input − mean)/√(variance + epsilon). */
  readonly normalization?: { readonly mean: Tensor; readonly variance: Tensor; readonly epsilon: number } | undefined;
}

/** A use, with its output tensor on the tape. */
export interface FoundUse {
  use: CapturedUse;
  output: Tensor;
  /** The channels of the output that belong to this use; all by default. */
  channels?: readonly [begin: number, size: number];
  /** Length of a row of the output. */
  width: number;
  /** Number of kernels that read the output. */
  readers: number;
  /** The use whose output this one reads. */
  after?: FoundUse | undefined;
}

export interface FoundUses {
  readonly result: Tensor;
  readonly uses: readonly FoundUse[];
  /** Parameters that are also used in other ways than those above. */
  readonly uncovered: ReadonlySet<string>;
  /** What the uses keep alive. */
  readonly kept: readonly Tensor[];
}

/**
 * Runs `f` and finds the uses of the parameters in it; recurrent cells are unrolled into products. Inside a tidy, on
 * the tape if there is one.
 */
export function findUses(f: () => Tensor, params: NamedTensors): FoundUses {
  const names = new Map(Object.entries(params).map(([name, { id }]) => [id, name]));
  const uses: FoundUse[] = [];
  const uncovered = new Set<string>();
  const kept: Tensor[] = [];
  const byOutput = new Map<number, FoundUse>();
  const corners = new Map<number, readonly [first: string, last: string]>();
  const calls: KernelCall[] = [];
  const keep = (tensor: Tensor): Tensor => {
    const copy = recordOn(undefined, () => tf.keep(tf.clone(tensor)));
    kept.push(copy);
    return copy;
  };
  const nameOf = (tensor: Tensor | undefined): string | undefined => tensor && names.get(tensor.id);
  const add = (use: CapturedUse, output: Tensor, after?: FoundUse, channels?: readonly [number, number]): void => {
    const width = use.weight === undefined ? params[use.bias!]!.size : output.shape.at(-1)!;
    const found: FoundUse = { use, output, width, readers: 0, after, ...(channels && { channels }) };
    uses.push(found);
    byOutput.set(output.id, found);
  };
  const look = (call: KernelCall): void => {
    const producers = Object.values(call.inputs).flatMap(({ id }) => byOutput.get(id) ?? []);
    for (const producer of producers) producer.readers++;
    const used = Object.entries(call.inputs).filter(([, tensor]) => names.has(tensor.id));
    const filters = call.name === 'Conv2D' ? corners.get(call.inputs['filter']!.id) : undefined;
    if (used.length === 0 && !filters) return;
    if (filters)
      readCorners(call, filters, params, {
        add: (use, output, channels) => add(use, output, undefined, channels),
        keep,
      });
    else if (call.name === 'WeftCorners' && used.length === 2)
      corners.set(call.outputs[0]!.id, [nameOf(call.inputs['first'])!, nameOf(call.inputs['last'])!]);
    else {
      const use = read(call, nameOf, keep);
      if (use) add(use, call.outputs[0]!, producers[0]);
      const covered = use ? [use.weight, use.bias] : [];
      for (const [, { id }] of used) if (!covered.includes(names.get(id))) uncovered.add(names.get(id)!);
    }
  };
  let looking = false;
  const onCall = (call: KernelCall): void => {
    // Kernels run for this inspection are not part of the computation.
    if (looking) return;
    calls.push(call);
    looking = true;
    try {
      look(call);
    } finally {
      looking = false;
    }
  };
  try {
    const result = unrolled(() => watchKernels(f, onCall));
    return { result, uses: placed(joinAdded(uses), calls, result), uncovered, kept };
  } catch (error) {
    tf.dispose(kept);
    throw error;
  }
}

/** The use that this kernel represents, if it is of a kind that is supported. */
function read(
  { name, inputs, attributes, outputs }: KernelCall,
  nameOf: (tensor: Tensor | undefined) => string | undefined,
  keep: (tensor: Tensor) => Tensor,
): CapturedUse | undefined {
  const [output] = outputs;
  switch (name) {
    case 'WeftDense': {
      const { x, kernel, bias } = inputs;
      if (nameOf(x)) return undefined;
      return { kind: 'dense', weight: nameOf(kernel), bias: nameOf(bias), input: keep(x!) };
    }
    case 'BatchMatMul': {
      const { a, b } = inputs;
      if (!nameOf(b) || nameOf(a) || a!.rank !== 2 || attributes['transposeA'] || attributes['transposeB'])
        return undefined;
      return { kind: 'dense', weight: nameOf(b), input: keep(a!) };
    }
    case 'WeftPointwise':
      if (attributes['transpose']) return undefined;
      return {
        kind: 'conv',
        weight: nameOf(inputs['kernel']),
        input: keep(inputs['x']!),
        window: { size: [1, 1], stride: 1, padding: 'same' },
      };
    case 'Conv2D':
    case 'DepthwiseConv2dNative': {
      const filter = inputs['filter']!;
      const window = windowOf(filter, attributes);
      if (!nameOf(filter) || !window || (name === 'DepthwiseConv2dNative' && filter.shape[3] !== 1)) return undefined;
      return {
        kind: name === 'Conv2D' ? 'conv' : 'depthwise',
        weight: nameOf(filter),
        input: keep(inputs['x']!),
        window,
      };
    }
    case 'WeftBatchNorm': {
      const [, mean, variance] = outputs;
      return {
        kind: 'affine',
        weight: nameOf(inputs['scale']),
        bias: nameOf(inputs['offset']),
        input: keep(inputs['x']!),
        normalization: { mean: keep(mean!), variance: keep(variance!), epsilon: attributes['epsilon'] as number },
      };
    }
    case 'Multiply':
    case 'Add': {
      const { a, b } = inputs;
      const [parameter, other] = nameOf(b) ? [b!, a!] : [a!, b!];
      const { rank, shape } = parameter;
      const repeated = other.rank > rank && tf.util.arraysEqual(other.shape.slice(-rank), shape);
      if (nameOf(other) || rank === 0 || !repeated || !tf.util.arraysEqual(other.shape, output!.shape))
        return undefined;
      if (name === 'Add') return { kind: 'affine', bias: nameOf(parameter) };
      return rank === 1 ? { kind: 'affine', weight: nameOf(parameter), input: keep(other) } : undefined;
    }
    case 'GatherV2':
      return nameOf(inputs['x']) && inputs['x']!.rank === 2
        ? { kind: 'embedding', weight: nameOf(inputs['x']), input: keep(inputs['indices']!) }
        : undefined;
    default:
      return undefined;
  }
}

/** The window of a convolution with this filter; undefined if its strides differ, or if it is dilated. */
export function windowOf(
  { shape }: Tensor,
  { strides, pad, dilations = 1 }: Readonly<Record<string, unknown>>,
): CapturedUse['window'] {
  const square = (value: unknown): number | undefined =>
    Array.isArray(value)
      ? value.every((entry) => entry === value[0])
        ? (value[0] as number)
        : undefined
      : (value as number);
  const stride = square(strides);
  if (stride === undefined || square(dilations) !== 1 || (pad !== 'same' && pad !== 'valid')) return undefined;
  return { size: [shape[0], shape[1]!], stride, padding: pad };
}

/** A factorized reduction is two 1x1 convolutions: of the first and of the last pixel of each 2x2 window. */
function readCorners(
  { inputs, outputs }: KernelCall,
  names: readonly [string, string],
  params: NamedTensors,
  {
    add,
    keep,
  }: {
    add: (use: CapturedUse, output: Tensor, channels: readonly [number, number]) => void;
    keep: (tensor: Tensor) => Tensor;
  },
): void {
  let begin = 0;
  names.forEach((weight, corner) => {
    const size = params[weight]!.shape[3]!;
    const input = recordOn(undefined, () => tidy(() => keep(everySecond(inputs['x'] as Tensor4D, corner))));
    add({ kind: 'conv', weight, input, window: { size: [1, 1], stride: 1, padding: 'same' } }, outputs[0]!, [
      begin,
      size,
    ]);
    begin += size;
  });
}

/** Pixels 0, 2, … or 1, 3, … in both directions; zero beyond the edge. */
function everySecond(x: Tensor4D, first: number): Tensor4D {
  const [, height, width] = x.shape;
  const [even, odd] = [[0, height % 2] as [number, number], [0, width % 2] as [number, number]];
  return tf.stridedSlice(
    tf.pad(x, [[0, 0], even, odd, [0, 0]]),
    [0, first, first, 0],
    [x.shape[0], height + (height % 2), width + (width % 2), x.shape[3]],
    [1, 2, 2, 1],
  ) as Tensor4D;
}

/**
 * If nothing else reads an output, what is added to it belongs to the same layer: a bias to its kernel, an offset to
 * its scale.
 */
function joinAdded(found: readonly FoundUse[]): FoundUse[] {
  const result: FoundUse[] = [];
  for (const one of found) {
    const { use, output, readers, after } = one;
    const joins =
      use.kind === 'affine' &&
      use.weight === undefined &&
      after?.readers === 1 &&
      after.use.bias === undefined &&
      after.use.kind !== 'embedding' &&
      one.width === after.width &&
      !after.channels;
    if (joins) Object.assign(after, { use: { ...after.use, bias: use.bias }, output, readers });
    else result.push(one);
  }
  return result;
}

/**
 * The uses with the positions of the examples in their outputs; the first axis of the model's result is the example
 * axis.
 */
function placed(found: readonly FoundUse[], calls: readonly KernelCall[], result: Tensor): FoundUse[] {
  const axes = followExamples(calls, result);
  return found.map((one) => {
    const { output, use, width } = one;
    const axis = axisOfRows(axes.of(output), width);
    return { ...one, use: { ...use, axis, endedBy: axis ? undefined : (axes.endedBy(output) ?? use.kind) } };
  });
}
