/**
 * How each kernel's parameters enter: from what went in and the gradient of what came out, the gradients of all examples
 * at once. Formulas: with a the input and g the output gradient of example n, a dense kernel gets Σₜ aₜ gₜᵀ over its positions t.
 */
import {
  affineExampleGradients,
  convExampleGradients,
  denseExampleGradients,
  depthwiseExampleGradients,
} from '../tensor/second-order/index.js';
import { tf, type Tensor, type Tensor4D } from '../tensor/tf.js';
import { squaresOfProducts } from './fisher-parts.js';

/** One use of a parameter in a forward pass. Results belong to the caller's tidy. */
export interface ParameterUse {
  /** Gradient of each example's loss: [N, ...shape of the parameter]. */
  examples(): Tensor;
  /** Their squares summed over the examples, where that is cheaper than by `examples`. */
  squares?(): Tensor;
}

/** A kernel run as its rule sees it. */
export interface KernelRun {
  /** Input of the kernel that the parameter is. */
  readonly slot: string;
  readonly parameter: Tensor;
  readonly examples: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What the kernel has kept of its inputs and outputs, by name and by position; undefined where it has not. */
  saved(input: string): Tensor | undefined;
  savedOutput(position: number): Tensor | undefined;
  /** Number of dimensions of another input. */
  rankOf(input: string): number;
  /** Gradient of the summed losses with respect to the first output. */
  outputGradient(): Tensor;
}

/** Undefined where the kernel is used in a way that has no rule. */
type Rule = (run: KernelRun) => ParameterUse | undefined;

const dense: Rule = (run) => {
  const x = run.saved('x');
  if (x?.shape[0] !== run.examples) return undefined;
  if (run.slot === 'bias') return sumOfPositions(run);
  return run.slot === 'kernel' ? productUse(run, x, false) : undefined;
};

/** Without a bias: a·b with the parameter on the right. */
const matMul: Rule = (run) => {
  const a = run.saved('a');
  const { transposeA, transposeB } = run.attributes as { transposeA?: boolean; transposeB?: boolean };
  if (run.slot !== 'b' || transposeA || run.parameter.rank !== 2 || a?.shape[0] !== run.examples) return undefined;
  return productUse(run, a, transposeB === true);
};

function productUse({ outputGradient }: KernelRun, x: Tensor, transposed: boolean): ParameterUse {
  const oriented = (gradient: Tensor): Tensor =>
    transposed
      ? tf.transpose(gradient, [...gradient.shape.keys()].slice(0, -2).concat(gradient.rank - 1, gradient.rank - 2))
      : gradient;
  return {
    examples: () => oriented(denseExampleGradients(x, outputGradient()).kernel),
    ...(x.rank === 2 && { squares: () => oriented(squaresOfProducts(x, outputGradient())) }),
  };
}

const convolution: Rule = (run) => {
  const window = windowOf(run);
  const x = run.saved('x') as Tensor4D | undefined;
  const [height, width] = run.parameter.shape as [number, number];
  if (run.slot !== 'filter' || !window || x?.shape[0] !== run.examples) return undefined;
  return { examples: () => convExampleGradients(x, run.outputGradient() as Tensor4D, [height, width], window).kernel };
};

const pointwise: Rule = (run) => {
  const x = run.saved('x');
  if (run.slot !== 'kernel' || run.attributes['transpose'] === true || x?.shape[0] !== run.examples) return undefined;
  const [inputs, outputs] = run.parameter.shape.slice(2) as [number, number];
  return {
    examples: () => {
      const positions = (tensor: Tensor, width: number): Tensor => tf.reshape(tensor, [run.examples, -1, width]);
      const { kernel } = denseExampleGradients(positions(x, inputs), positions(run.outputGradient(), outputs));
      return tf.reshape(kernel, [run.examples, 1, 1, inputs, outputs]);
    },
  };
};

const depthwise: Rule = (run) => {
  const window = windowOf(run);
  const x = run.saved('x') as Tensor4D | undefined;
  const [height, width, , multiplier] = run.parameter.shape as [number, number, number, number];
  if (run.slot !== 'filter' || !window || multiplier !== 1 || x?.shape[0] !== run.examples) return undefined;
  return {
    examples: () => depthwiseExampleGradients(x, run.outputGradient() as Tensor4D, [height, width], window).kernel,
  };
};

/** Strides and padding that `patches` knows. */
function windowOf({ attributes }: KernelRun): { stride: number; padding: 'same' | 'valid' } | undefined {
  const pair = (value: unknown): [number, number] =>
    Array.isArray(value) ? (value as [number, number]) : [value as number, value as number];
  const [strideHeight, strideWidth] = pair(attributes['strides']);
  const dilations = pair(attributes['dilations'] ?? 1);
  const padding = attributes['pad'];
  if (strideHeight !== strideWidth || dilations.some((d) => d !== 1) || (padding !== 'same' && padding !== 'valid'))
    return undefined;
  return { stride: strideHeight, padding };
}

const batchNorm: Rule = (run) => {
  const [x, mean, variance] = [run.saved('x'), run.savedOutput(1), run.savedOutput(2)];
  if (run.slot === 'x' || x?.shape[0] !== run.examples || !mean || !variance) return undefined;
  if (run.slot === 'offset') return sumOfPositions(run);
  return {
    examples: () => {
      // Σ g (x - mean) = Σ g x - mean Σ g: sums are small, and the input as large as a layer.
      const { scale, offset } = affineExampleGradients(x, run.outputGradient());
      return tf.mul(
        tf.sub(scale, tf.mul(offset, mean)),
        tf.rsqrt(tf.add(variance, run.attributes['epsilon'] as number)),
      );
    },
  };
};

/** Rows of a table: embedding. */
const gather: Rule = (run) => {
  const ids = run.saved('indices');
  const { axis, batchDims } = run.attributes as { axis?: number; batchDims?: number };
  if (
    run.slot !== 'x' ||
    (axis ?? 0) !== 0 ||
    (batchDims ?? 0) !== 0 ||
    run.parameter.rank !== 2 ||
    ids?.shape[0] !== run.examples
  )
    return undefined;
  const [rows, width] = run.parameter.shape as [number, number];
  return {
    examples: () => {
      const positions = tf.oneHot(tf.cast(tf.reshape(ids, [run.examples, -1]), 'int32'), rows);
      return denseExampleGradients(
        tf.cast(positions, 'float32'),
        tf.reshape(run.outputGradient(), [run.examples, -1, width]),
      ).kernel;
    },
    ...(ids.rank === 1 && {
      squares: () => tf.unsortedSegmentSum(tf.square(run.outputGradient()), tf.cast(ids, 'int32') as never, rows),
    }),
  };
};

/** x + offset per channel. */
const add: Rule = (run) => (isPerChannel(run) ? sumOfPositions(run) : undefined);

/** x·scale per channel. */
const multiply: Rule = (run) => {
  const other = run.saved(run.slot === 'a' ? 'b' : 'a');
  if (!isPerChannel(run) || other?.shape[0] !== run.examples) return undefined;
  return { examples: () => affineExampleGradients(other, run.outputGradient()).scale };
};

/** A vector that meets a batch of vectors or of images of them. */
function isPerChannel(run: KernelRun): boolean {
  return run.parameter.rank === 1 && run.rankOf(run.slot === 'a' ? 'b' : 'a') >= 2;
}

function sumOfPositions({ outputGradient }: KernelRun): ParameterUse {
  return {
    examples: () => {
      const g = outputGradient();
      return tf.sum(g, [...g.shape.keys()].slice(1, -1));
    },
  };
}

/** The kernels whose parameters have a rule. */
export const RULES: Readonly<Record<string, Rule>> = {
  WeftDense: dense,
  BatchMatMul: matMul,
  Conv2D: convolution,
  WeftPointwise: pointwise,
  DepthwiseConv2dNative: depthwise,
  WeftBatchNorm: batchNorm,
  GatherV2: gather,
  Add: add,
  Multiply: multiply,
};

/** Kernels that only arrange what they are given: each output is one input, or zero. Squares go back through them as gradients do. */
export const ARRANGING: ReadonlySet<string> = new Set([
  'WeftCorners',
  'Reshape',
  'ExpandDims',
  'Identity',
  'Concat',
  'Slice',
  'SplitV',
  'Transpose',
  'PadV2',
]);
