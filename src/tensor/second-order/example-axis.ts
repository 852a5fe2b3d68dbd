/**
 * Where the examples of a batch lie in each tensor of a forward pass. Sequence spaces reshape and transpose: a dense
 * layer at each token of N sequences sees [N·T,F], a recurrent layer [T·N,F]. Row by row, every such tensor is [before,
 * N, stride] for some stride, which is followed from the outputs of the model back through the kernels that made them.
 *
 * Going backwards, "element i belongs to example n" means that of all the examples' losses only the n-th depends on
 * element i directly: exactly what the gradient of a single example needs. A kernel that is unknown, or that mixes
 * examples, ends the path: the examples before it cannot be distinguished, and are reported as such.
 */
import { tf, type Tensor } from '../tf.js';
import type { KernelCall } from '../trace.js';
import { AXIS_RULES } from './example-rules.js';

/** The example axis of a tensor: its elements in row-major order are [before, examples, stride]. */
export interface ExampleAxis {
  readonly examples: number;
  readonly stride: number;
}

/** The shapes of a kernel call. Its tensors may have been disposed. */
export type ShapeCall = Pick<KernelCall, 'name' | 'inputs' | 'attributes' | 'outputs'>;

export interface ExampleAxes {
  /** The example axis of a tensor that the outputs depend on; undefined if its examples cannot be distinguished. */
  of(tensor: Tensor): ExampleAxis | undefined;
  /** The kernel that ended the path to this tensor, if one did. */
  endedBy(tensor: Tensor): string | undefined;
}

/**
 * Follows the first axis of `target` [examples, …] back through the calls that led to it, which are in order of
 * execution.
 */
export function followExamples(calls: readonly ShapeCall[], target: Tensor): ExampleAxes {
  const examples = target.shape[0];
  const strides = new Map<number, number>([[target.id, target.size / examples]]);
  const ended = new Map<number, string>();
  const end = (tensor: Tensor, kernel: string): void => {
    strides.delete(tensor.id);
    if (!ended.has(tensor.id)) ended.set(tensor.id, kernel);
  };
  const put = (tensor: Tensor, stride: number, kernel: string): void => {
    if (ended.has(tensor.id)) return;
    const before = strides.get(tensor.id);
    // Another reader has found the examples elsewhere.
    if (before !== undefined && before !== stride) end(tensor, kernel);
    else strides.set(tensor.id, stride);
  };
  for (let i = calls.length - 1; i >= 0; i--) {
    const { name, inputs, attributes, outputs } = calls[i]!;
    for (const [position, output] of outputs.entries()) {
      if (output.dtype !== 'float32') continue;
      const cause = ended.get(output.id);
      const stride = strides.get(output.id);
      if (cause !== undefined) for (const input of Object.values(inputs)) end(input, cause);
      if (stride === undefined) continue;
      const found = AXIS_RULES[name]?.({ inputs, attributes, outputs, position, axis: { examples, stride } });
      for (const [slot, input] of Object.entries(inputs)) {
        const place = found?.[slot];
        if (place === undefined) end(input, name);
        else put(input, place, name);
      }
    }
  }
  return {
    of(tensor) {
      // A single example fills every tensor.
      if (examples === 1) return { examples, stride: tensor.size };
      const stride = strides.get(tensor.id);
      return stride === undefined ? undefined : { examples, stride };
    },
    endedBy: (tensor) => (examples === 1 ? undefined : ended.get(tensor.id)),
  };
}

/** The same axis counted in rows of `width` numbers; undefined if a row has numbers of several examples. */
export function axisOfRows(axis: ExampleAxis | undefined, width: number): ExampleAxis | undefined {
  return axis && axis.stride % width === 0 ? { examples: axis.examples, stride: axis.stride / width } : undefined;
}

/** Rows [R,C] with the axis counted in rows -> [examples,R/examples,C], the rows of an example in order. */
export function rowsByExample(rows: Tensor, { examples, stride }: ExampleAxis): Tensor {
  const [count, width] = rows.shape as [number, number];
  const before = count / (examples * stride);
  if (before === 1) return tf.reshape(rows, [examples, stride, width]);
  return tf.reshape(tf.transpose(tf.reshape(rows, [before, examples, stride, width]), [1, 0, 2, 3]), [
    examples,
    before * stride,
    width,
  ]);
}
