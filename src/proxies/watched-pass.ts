/**
 * A forward pass whose kernel calls are observed: which of them multiply by weights, and the layout of the examples in
 * their outputs.
 */
import { ARRANGING } from '../curvature/fisher-uses.js';
import { WeftError } from '../errors.js';
import { axisOfRows, type ExampleAxes, followExamples, rowsByExample } from '../tensor/second-order/index.js';
import { recordOn } from '../tensor/tape.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type KernelCall, watchKernels } from '../tensor/trace.js';
import { unrolled } from '../tensor/unrolled.js';

export interface Watched {
  readonly logits: Tensor;
  /** The layout of the examples in the kernels' outputs, traced back from the logits. */
  readonly axes: ExampleAxes;
}

/**
 * Runs `forward` and shows every kernel call to `see` while its tensors are alive, with recurrent cells decomposed;
 * kernels called by `see` are neither observed nor differentiated.
 */
export function watchPass(forward: () => Tensor, see: (call: KernelCall) => void): Watched {
  const calls: KernelCall[] = [];
  let seeing = false;
  const logits = watchKernels(
    () => unrolled(forward),
    (call) => {
      if (seeing) return;
      seeing = true;
      try {
        recordOn(undefined, () => see(call));
      } finally {
        seeing = false;
      }
      calls.push(call);
    },
  );
  return { logits, axes: followExamples(calls, logits) };
}

/**
 * Identifies kernel calls that multiply by one of the weights, with its number of elements; all others are undefined,
 * and those that only rearrange weights (slices, reshapes) produce weights again.
 */
export function weightUses(weights: readonly Tensor[]): (call: KernelCall) => number | undefined {
  const sizes = new Map(weights.map(({ id, size }) => [id, size]));
  return ({ name, inputs, outputs }) => {
    const used = Object.values(inputs).flatMap(({ id }) => sizes.get(id) ?? []);
    if (used.length === 0) return undefined;
    const size = used.reduce((sum, one) => sum + one, 0);
    if (!ARRANGING.has(name)) return size;
    // A slice has fewer; zero padding around weights does not count.
    for (const output of outputs) sizes.set(output.id, Math.min(size, output.size));
    return undefined;
  };
}

/**
 * Numbers by example, position and channel [N,P,C] of a tensor that the pass made, `of` of its shape; throws
 * WeftError('unsupported') where examples cannot be distinguished in it.
 */
export function byExample({ axes }: Watched, made: Tensor, of: Tensor): Tensor {
  const width = made.shape.at(-1) ?? 1;
  const rows = axisOfRows(axes.of(made), width);
  if (rows) return rowsByExample(tf.reshape(of, [-1, width]), rows);
  throw new WeftError(
    'unsupported',
    `this proxy needs the individual examples of a batch, but they cannot be distinguished before the kernel '${axes.endedBy(made) ?? 'of an operation'}'`,
    'choose another proxy for spaces with operations of your own that reshape or mix examples (for example snip)',
  );
}
