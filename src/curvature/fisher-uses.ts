/**
 * Rules for the parameters of each kernel: from its inputs and the gradient of its output, the gradients of all
 * examples at once. For example, with a the input and g the output gradient of example n, a dense kernel has Σₜ aₜ gₜᵀ
 * over its positions t. Which rows are the positions of an example is never guessed from a shape: it is traced from the
 * losses back to the kernel.
 */
import {
  affineExampleGradients,
  depthwiseExampleGradients,
  type ExampleAxis,
  patches,
  rowsByExample,
  windowOf,
} from '../tensor/second-order/index.js';
import { tf, type Tensor, type Tensor4D } from '../tensor/tf.js';
import { squaresOfExamples, squaresOfProducts } from './fisher-parts.js';

/**
 * One use of a parameter in a forward pass, owned by the caller: `factors` a [N,P,I] and g [N,P,O] whose product over
 * the P positions of an example is the gradient of its loss, a matrix in the order of the parameter; or `examples`,
 * these gradients themselves [N,...].
 */
export type ParameterUse = { factors(): { a: Tensor; g: Tensor } } | { examples(): Tensor };

/** A kernel call, as passed to its rule. */
export interface KernelRun {
  /** The kernel input that is the parameter. */
  readonly slot: string;
  readonly parameter: Tensor;
  /** Where the examples lie in the output, and among its rows; undefined if they cannot be distinguished. */
  readonly axis: ExampleAxis | undefined;
  readonly rows: ExampleAxis | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The inputs and outputs that the kernel has saved, by name and by position; undefined if not saved. */
  saved(input: string): Tensor | undefined;
  savedOutput(position: number): Tensor | undefined;
  /** Gradient of the summed losses with respect to the first output. */
  outputGradient(): Tensor;
}

/** Undefined if the kernel is used in a way that has no rule. */
type Rule = (run: KernelRun) => ParameterUse | undefined;

/**
 * Σₙ of the squared gradients of the examples, a parameter's uses being terms of the same gradient; in the parameter's
 * order.
 */
export function squaresOfUses(uses: readonly ParameterUse[]): Tensor {
  const factors = uses.flatMap((use) => ('factors' in use ? [use.factors()] : []));
  const terms = uses.flatMap((use) => ('examples' in use ? [use.examples()] : []));
  if (factors.length > 0) {
    const [a, g] = (['a', 'g'] as const).map((side) =>
      tf.concat(
        factors.map((one) => one[side]),
        1,
      ),
    );
    const flat = (tensor: Tensor): Tensor => tf.reshape(tensor, [-1, tensor.shape[2]!]);
    if (terms.length === 0 && a!.shape[1] === 1) return squaresOfProducts(flat(a!), flat(g!));
    terms.push(tf.matMul(a!, g!, true, false));
  }
  return squaresOfExamples(tf.addN(terms.map((term) => tf.reshape(term, [term.shape[0], -1]))));
}

const flatRows = (tensor: Tensor): Tensor => tf.reshape(tensor, [-1, tensor.shape.at(-1)!]);

/**
 * Rows of the output's gradient and of an input with as many rows, by example; a rule is called only if `rows` is
 * known.
 */
const positions = (tensor: Tensor, { rows }: KernelRun): Tensor => rowsByExample(flatRows(tensor), rows!);

const dense: Rule = (run) => {
  const x = run.saved('x');
  if (!x || !run.rows) return undefined;
  if (run.slot === 'bias') return broadcast(run);
  return run.slot === 'kernel' ? productUse(run, x, false) : undefined;
};

/** Without a bias: a·b with the parameter on the right. */
const matMul: Rule = (run) => {
  const a = run.saved('a');
  const { transposeA, transposeB } = run.attributes as { transposeA?: boolean; transposeB?: boolean };
  if (run.slot !== 'b' || transposeA || run.parameter.rank !== 2 || !a || !run.rows) return undefined;
  return productUse(run, a, transposeB === true);
};

function productUse(run: KernelRun, x: Tensor, transposed: boolean): ParameterUse {
  return {
    factors() {
      const [a, g] = [positions(x, run), positions(run.outputGradient(), run)];
      return transposed ? { a: g, g: a } : { a, g };
    },
  };
}

const convolution: Rule = (run) => {
  const window = windowOf(run.parameter, run.attributes);
  const x = run.saved('x') as Tensor4D | undefined;
  const [height, width] = run.parameter.shape as [number, number];
  if (run.slot !== 'filter' || !window || !x || !run.rows) return undefined;
  return {
    factors: () => ({
      a: positions(patches(x, [height, width], window), run),
      g: positions(run.outputGradient(), run),
    }),
  };
};

const pointwise: Rule = (run) => {
  const x = run.saved('x');
  if (run.slot !== 'kernel' || run.attributes['transpose'] === true || !x || !run.rows) return undefined;
  return productUse(run, x, false);
};

const depthwise: Rule = (run) => {
  const window = windowOf(run.parameter, run.attributes);
  const x = run.saved('x') as Tensor4D | undefined;
  const { shape } = run.parameter;
  const [height, width, , multiplier] = shape as [number, number, number, number];
  if (run.slot !== 'filter' || !window || multiplier !== 1 || !x || !run.rows) return undefined;
  return {
    examples() {
      const g = run.outputGradient() as Tensor4D;
      const each = depthwiseExampleGradients(x, g, [height, width], window).kernel;
      return ofImages(tf.reshape(each, [g.shape[0], -1]), run.rows!, g.shape[1] * g.shape[2]);
    },
  };
};

/** Per-image values [B,C], each image having this number of rows, summed over the images of an example: [N,C]. */
function ofImages(each: Tensor, { examples, stride }: ExampleAxis, rows: number): Tensor {
  return each.shape[0] === examples ? each : tf.sum(rowsByExample(each, { examples, stride: stride / rows }), 1);
}

const batchNorm: Rule = (run) => {
  const [x, mean, variance] = [run.saved('x'), run.savedOutput(1), run.savedOutput(2)];
  if (run.slot === 'x' || !run.rows || !x || !mean || !variance) return undefined;
  if (run.slot === 'offset') return broadcast(run);
  return {
    examples() {
      // Σ g (x - mean) = Σ g x - mean Σ g: sums are small, and the input as large as a layer.
      const { scale, offset } = affineExampleGradients(positions(x, run), positions(run.outputGradient(), run));
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
  const fits = run.slot === 'x' && (axis ?? 0) === 0 && (batchDims ?? 0) === 0 && run.parameter.rank === 2;
  if (!fits || !ids || !run.rows) return undefined;
  return {
    factors: () => ({
      a: positions(tf.cast(tf.oneHot(tf.cast(tf.reshape(ids, [-1]), 'int32'), run.parameter.shape[0]), 'float32'), run),
      g: positions(run.outputGradient(), run),
    }),
  };
};

/** x + offset. */
const add: Rule = (run) => broadcast(run);

/** x·scale. */
const multiply: Rule = (run) => {
  const other = run.saved(run.slot === 'a' ? 'b' : 'a');
  return other && broadcast(run, other);
};

/**
 * A parameter of any shape that is repeated for every example: the gradient of an example is that of the output (times
 * `other`), summed over all axes along which the parameter is repeated.
 */
function broadcast({ axis, parameter, outputGradient }: KernelRun, other?: Tensor): ParameterUse | undefined {
  if (!axis) return undefined;
  const { shape } = outputGradient();
  const { examples, stride } = axis;
  let inner = 1;
  let index = shape.length - 1;
  while (index > 0 && stride >= inner * shape[index]!) inner *= shape[index--]!;
  const own = (dimension: number): number => parameter.shape[dimension - (shape.length - parameter.rank)] ?? 1;
  // Separate entries for each example, or several axes that together are the examples.
  if (own(index) !== 1 || !Number.isInteger(stride / inner) || shape[index]! % (examples * (stride / inner)) !== 0)
    return undefined;
  return {
    examples() {
      const g = other ? tf.mul(outputGradient(), other) : outputGradient();
      const rows = rowsByExample(tf.reshape(g, [-1, inner]), { examples, stride: stride / inner });
      const aligned = tf.reshape(rows, [
        examples,
        ...shape.slice(0, index),
        shape[index]! / examples,
        ...shape.slice(index + 1),
      ]);
      const repeated = shape.flatMap((_, dimension) => (own(dimension) === 1 ? [dimension + 1] : []));
      return tf.sum(aligned, repeated);
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

/**
 * Kernels that only rearrange their inputs: each output is one input, or zero. Squares pass back through them as
 * gradients do.
 */
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
