/**
 * Squares of the gradients of each example's loss, summed over the examples, for any model, from one forward and one
 * backward pass: the tape shows which kernels use the parameters, and for these the gradients of all examples follow
 * from the inputs and the gradient of the output. If a kernel has no rule, or if the examples cannot be distinguished
 * in its output (a user's operation may reshape them away), its parameters take one backward pass for each example.
 *
 * Batch statistics of normalizations count as constants: otherwise the loss of one example would depend on the
 * others, and there would be no gradient of a single example.
 */
import { backpropagateTo } from '../tensor/autodiff.js';
import { mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { backpropagate, recordOn, releaseTape, type Tape, type TapeNode } from '../tensor/tape.js';
import { tf, tidy, type Tensor, type Tensor1D } from '../tensor/tf.js';
import { axisOfRows, type ExampleAxis, followExamples } from '../tensor/second-order/index.js';
import { type KernelCall, watchKernels } from '../tensor/trace.js';
import { unrolled } from '../tensor/unrolled.js';
import { ARRANGING, type KernelRun, type ParameterUse, RULES, squaresOfUses } from './fisher-uses.js';

export interface ExampleSquares {
  /** Σₙ (∂lossₙ/∂θ)², zeros where no loss depends on a parameter; owned by the caller. */
  readonly sums: NamedTensors;
  /** Parameters that took a backward pass for each example. */
  readonly looped: readonly string[];
}

/** Σₙ (∂lossₙ/∂θ)² for losses [N] of N examples, each a function of its own example. */
export function exampleSquares(
  losses: (parameters: NamedTensors) => Tensor1D,
  parameters: NamedTensors,
): ExampleSquares {
  return squaresOnTape(
    () => losses(parameters),
    (each) => tf.onesLike(each),
    parameters,
    [],
    ({ output, tape, sums, looped }) => {
      const slow = looped.length === 0 ? {} : loop(tape, output as Tensor1D, pickNamed(parameters, looped));
      return { sums: { ...sums, ...slow }, looped };
    },
  );
}

/** A part of a model: its output, the gradients of its inputs, and Σₙ (∂lossₙ/∂θ)² of its parameters. */
export interface SquaresOfPart {
  readonly output: Tensor;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly parameters: NamedTensors;
}

/**
 * The same for a part of a model, whose output [N,…] has its examples along the first axis, from the gradient of the
 * summed losses with respect to it. Throws Error if a parameter would take a backward pass for each example.
 */
export function squaresOfPart(
  forward: () => Tensor,
  inputs: readonly Tensor[],
  parameters: NamedTensors,
  outputGradient: Tensor,
): SquaresOfPart {
  return squaresOnTape(
    forward,
    () => outputGradient,
    parameters,
    inputs,
    ({ output, sums, looped, gradients }) => {
      if (looped.length > 0) throw new Error(`'${looped[0]}' takes a backward pass for each example`);
      return {
        output: tf.clone(output),
        inputs: gradients.map((gradient) => gradient && tf.clone(gradient)),
        parameters: sums,
      };
    },
  );
}

interface OnTape {
  readonly output: Tensor;
  readonly tape: Tape;
  readonly sums: NamedTensors;
  readonly looped: readonly string[];
  /** Of the sources. */
  readonly gradients: readonly (Tensor | undefined)[];
}

function squaresOnTape<T extends object>(
  forward: () => Tensor,
  gradientOf: (output: Tensor) => Tensor,
  parameters: NamedTensors,
  sources: readonly Tensor[],
  use: (found: OnTape) => T,
): T {
  const recorded: Tape = [];
  const calls: KernelCall[] = [];
  try {
    return tidy(() => {
      const output = watchKernels(
        // A fused recurrent cell would need one backward pass for each example.
        () => unrolled(() => recordOn(recorded, () => tidy(forward))),
        (call) => calls.push(call),
      );
      const attributes = new Map(
        calls.flatMap((call) => call.outputs.map((one) => [one.id, call.attributes] as const)),
      );
      const axes = followExamples(calls, output);
      const attributesOf = (node: TapeNode): Readonly<Record<string, unknown>> =>
        attributes.get(node.outputs[0]!.id) ?? {};
      const tape = recorded.map((node) =>
        node.kernelName === 'WeftBatchNorm' ? withConstantStatistics(node, attributesOf(node)) : node,
      );
      const plans = mapValues(parameters, (parameter) => planOf(tape, parameter));
      const places = [...new Set(Object.values(plans).flatMap((plan) => plan?.nodes ?? []))].map(
        (node) => node.outputs[0]!,
      );
      const wanted = [...places, ...sources];
      const found = wanted.length === 0 ? [] : backpropagate(tape, [[output, gradientOf(output)]], wanted);
      const gradients = new Map(places.map((place, i) => [place.id, found[i]] as const));
      const setting = { gradients, attributesOf, axisOf: (tensor: Tensor) => axes.of(tensor) };
      const looped: string[] = [];
      const sums = mapNamed(parameters, (parameter, name) => {
        const squares = tidy(() => squaresOf(plans[name], parameter, setting));
        if (!squares) looped.push(name);
        return squares ?? tf.zerosLike(parameter);
      });
      return use({ output, tape, sums, looped, gradients: found.slice(places.length) });
    });
  } finally {
    releaseTape(recorded);
  }
}

/** Where a parameter is used: by kernels, directly or rearranged by other kernels. */
interface Plan {
  readonly parameter: Tensor;
  /** The kernels that combine it with examples. */
  readonly nodes: readonly TapeNode[];
  /** The only kernel that rearranges it, and where the result is used. */
  readonly arranged?: { readonly by: TapeNode; readonly slot: string; readonly then: Plan };
}

/** Undefined if only one backward pass per example works. */
function planOf(tape: Tape, parameter: Tensor): Plan | undefined {
  const consumers = tape.filter((node) => Object.values(node.inputs).some(({ id }) => id === parameter.id));
  const [first] = consumers;
  if (consumers.length === 1 && ARRANGING.has(first!.kernelName) && first!.outputs.length === 1) {
    const then = planOf(tape, first!.outputs[0]!);
    return then && { parameter, nodes: then.nodes, arranged: { by: first!, slot: slotOf(first!, parameter), then } };
  }
  return consumers.every(({ kernelName }) => kernelName in RULES) ? { parameter, nodes: consumers } : undefined;
}

const slotOf = (node: TapeNode, parameter: Tensor): string =>
  Object.keys(node.inputs).find((name) => node.inputs[name]!.id === parameter.id)!;

interface SquaresSetting {
  /** Gradient of the summed losses, by the id of a kernel's output; undefined if they do not depend on it. */
  readonly gradients: ReadonlyMap<number, Tensor | undefined>;
  attributesOf(node: TapeNode): Readonly<Record<string, unknown>>;
  /** Undefined if the examples cannot be distinguished. */
  axisOf(tensor: Tensor): ExampleAxis | undefined;
}

/** Undefined if only one backward pass per example works. */
function squaresOf(plan: Plan | undefined, parameter: Tensor, setting: SquaresSetting): Tensor | undefined {
  if (!plan) return undefined;
  if (plan.arranged) {
    const { by, slot, then } = plan.arranged;
    const squares = squaresOf(then, by.outputs[0]!, setting);
    return squares && by.gradient!([squares])[slot]!();
  }
  const reached = plan.nodes.filter((node) => setting.gradients.get(node.outputs[0]!.id));
  const uses: ParameterUse[] = [];
  for (const node of reached) {
    const use = RULES[node.kernelName]!(runOf(node, plan.parameter, setting));
    if (!use) return undefined;
    uses.push(use);
  }
  if (uses.length === 0) return tf.zeros(parameter.shape);
  return tf.reshape(squaresOfUses(uses), parameter.shape);
}

function runOf(node: TapeNode, parameter: Tensor, { gradients, attributesOf, axisOf }: SquaresSetting): KernelRun {
  const { inputsToSave = [], outputsToSave = [] } = tf.getGradient(node.kernelName) ?? {};
  const output = node.outputs[0]!;
  const axis = axisOf(output);
  // Kernels with a registered gradient save only tensors.
  const saved = node.saved as readonly Tensor[];
  return {
    slot: slotOf(node, parameter),
    parameter,
    axis,
    rows: axisOfRows(axis, output.shape.at(-1)!),
    attributes: attributesOf(node),
    saved: (input) => saved[inputsToSave.indexOf(input)],
    savedOutput: (position) =>
      outputsToSave[position]
        ? saved[inputsToSave.length + outputsToSave.slice(0, position).filter(Boolean).length]
        : undefined,
    outputGradient: () => gradients.get(output.id)!,
  };
}

/** One backward pass for each example. */
function loop(tape: Tape, losses: Tensor1D, parameters: NamedTensors): NamedTensors {
  return tidy(() => {
    let sums = mapNamed(parameters, (parameter) => tf.zerosLike(parameter));
    for (const one of tf.unstack(tf.eye(losses.size))) {
      sums = tidy(() => {
        const gradients = backpropagateTo(parameters, tape, [[losses, one]]);
        return mapNamed(sums, (sum, name) =>
          gradients[name] ? tf.add(sum, tf.square(gradients[name])) : tf.clone(sum),
        );
      });
    }
    return sums;
  });
}

/** The node with the gradient of a normalization with fixed statistics. */
function withConstantStatistics(node: TapeNode, { epsilon }: Readonly<Record<string, unknown>>): TapeNode {
  const [x, scale, mean, variance] = node.saved as [Tensor, Tensor, Tensor, Tensor];
  const r = (): Tensor => tf.rsqrt(tf.add(variance, epsilon as number));
  const axes = x.shape.map((_, axis) => axis).slice(0, -1);
  return {
    ...node,
    gradient: ([dy]) => ({
      x: () => tf.mul(dy!, tf.mul(scale, r())),
      scale: () => tf.sum(tf.mul(dy!, tf.mul(tf.sub(x, mean), r())), axes),
      offset: () => tf.sum(dy!, axes),
    }),
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, f: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}
