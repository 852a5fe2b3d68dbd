/** One node of a supernet, forward and backward, as a recording. */
import { type BuiltOperation, type ParameterSpec, type PassMoment, type Shape } from '../../operations/operation.js';
import { type NamedTensors, underPrefix, withPrefix } from '../../tensor/named.js';
import { tf, tidy, type Tensor } from '../../tensor/tf.js';
import { type NativeBackend } from '../../tensor/kernels/raw-op.js';
import { difference, type Host, record, type Recording } from '../../tensor/plan/index.js';
import { backpropagate, recordOn, type Tape } from '../../tensor/tape.js';
import { combine, operationContext } from '../child.js';
import { type DynamicNode } from './structure.js';

export type NodeRecording = Recording<PassMoment, null>;

/** Names of a node's values in its recording. */
export const INPUT = 'x';
export const OUTPUT = 'y';
export const OUTPUT_GRADIENT = 'dy';
export const INPUT_GRADIENT = 'dx';
export const PARAMETER = 'p/';
export const PARAMETER_GRADIENT = 'dp/';

/** The children of a space have no graph in common. */
export class NoGraph extends Error {}

export interface NodeShapes {
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  /** Whether a gradient of this input is wanted. */
  readonly differentiable: readonly boolean[];
}

/** Computes a node from its inputs, uncompiled; parameters by their own names. */
type Forward = (
  inputs: readonly Tensor[],
  parameters: Readonly<Record<string, Tensor>>,
  host: Host<PassMoment>,
) => Tensor;

/** A node that is computed as a whole. */
export type Whole = Extract<DynamicNode, { kind: 'whole' }>;

/** A node's parameters by their local names. */
export function parametersOf({ attributes }: Whole): Readonly<Record<string, ParameterSpec>> {
  return attributes.kind === 'operation' ? builtOf(attributes).parameters : {};
}

const builtOf = ({ built }: Extract<Whole['attributes'], { kind: 'operation' }>): BuiltOperation =>
  [...built.values()][0]!;

/**
 * The backward pass through a node: from the gradient of its output, gradients of its inputs and one tensor for each
 * parameter. Runs inside a tidy.
 */
export type WayBack = (
  forward: () => Tensor,
  inputs: readonly Tensor[],
  parameters: Readonly<Record<string, Tensor>>,
  outputGradient: Tensor,
) => {
  readonly output: Tensor;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly parameters: Readonly<Record<string, Tensor>>;
};

/** How the nodes of a supernet are run. */
export interface Pass {
  readonly batchSize: number;
  readonly training: boolean;
  readonly wayBack: WayBack;
}

/** Gradients of the parameters. */
export const byGradients: WayBack = (forward, inputs, parameters, outputGradient) => {
  const tape: Tape = [];
  const output = recordOn(tape, () => tidy(forward));
  const locals = Object.keys(parameters);
  const sources = [...inputs, ...Object.values(parameters)];
  const found = backpropagate(tape, [[output, outputGradient]], sources, { release: true });
  const own = locals.flatMap((local, i) => {
    const gradient = found[inputs.length + i];
    return gradient ? [[local, tf.clone(gradient)] as const] : [];
  });
  return {
    output: tf.clone(output),
    inputs: found.slice(0, inputs.length).map((gradient) => gradient && tf.clone(gradient)),
    parameters: Object.fromEntries(own),
  };
};

/** How a node is computed. */
function forwardOf({ name, attributes }: Whole, training: boolean): Forward {
  if (attributes.kind === 'combine') return (inputs) => combine(attributes.combination, [...inputs]);
  const built = builtOf(attributes);
  return (inputs, parameters, host) =>
    built.forward(inputs, {
      ...operationContext(name, {}, {}, { training, normalization: 'batch', host }),
      parameter: (local) => parameters[local]!,
    });
}

/** The node's recording, forward and backward. Throws NoGraph if it cannot be recorded. */
export function recordNode(
  backend: NativeBackend,
  node: Whole,
  { inputs, output, differentiable }: NodeShapes,
  { batchSize, training, wayBack }: Pass,
): NodeRecording {
  const forward = forwardOf(node, training);
  const parameters = parametersOf(node);
  const given = {
    ...Object.fromEntries(inputs.map((shape, i) => [`${INPUT}${i}`, tf.ones([batchSize, ...shape])])),
    ...Object.fromEntries(
      Object.entries(parameters).map(([local, { shape }]) => [PARAMETER + local, tf.ones([...shape])]),
    ),
    [OUTPUT_GRADIENT]: tf.ones([batchSize, ...output]),
  };
  const step = (values: NamedTensors, host: Host<PassMoment>) => ({
    outputs: tidy(() => {
      const xs = inputs.map((_, i) => values[`${INPUT}${i}`]!);
      const own = underPrefix(PARAMETER, values);
      const sources = xs.filter((_, i) => differentiable[i]);
      const found = wayBack(() => forward(xs, own, host), sources, own, values[OUTPUT_GRADIENT]!);
      const results: Record<string, Tensor> = { [OUTPUT]: found.output };
      sources.forEach((x, i) => {
        if (found.inputs[i]) results[`${INPUT_GRADIENT}${xs.indexOf(x)}`] = found.inputs[i];
      });
      return { ...results, ...withPrefix(PARAMETER_GRADIENT, found.parameters) };
    }),
    fixed: null,
  });
  return recordTwice(backend, step, given, node.name);
}

/**
 * The loss of a batch of this size, or of each of its examples, from logits, labels and example weights, with the
 * gradient of the sum. Throws NoGraph if it cannot be recorded.
 */
export function recordLoss(
  backend: NativeBackend,
  loss: (logits: Tensor, labels: Tensor, weights?: Tensor) => Tensor,
  logits: Shape,
  batchSize: number,
  weighted: boolean,
): NodeRecording {
  const step = ({ logits: z, labels, weights }: Readonly<Record<string, Tensor>>) => ({
    outputs: tidy(() => {
      const tape: Tape = [];
      const value = recordOn(tape, () => tidy(() => loss(z!, labels!, weights)));
      const [gradient] = backpropagate(tape, [[value, tf.ones(value.shape)]], [z!], { release: true });
      return { loss: tf.clone(value), [INPUT_GRADIENT]: tf.clone(gradient!) };
    }),
    fixed: null,
  });
  const given = {
    logits: tf.ones([batchSize, ...logits]),
    labels: tf.zeros([batchSize], 'int32'),
    ...(weighted && { weights: tf.ones([batchSize]) }),
  };
  return recordTwice(backend, step, given, 'the loss');
}

/** A first run makes the constants that last; the next two are compared. */
function recordTwice(
  backend: NativeBackend,
  step: Parameters<typeof record<PassMoment, null>>[1],
  given: Record<string, Tensor>,
  name: string,
): NodeRecording {
  try {
    const [, first, second] = ['a', 'b', 'c'].map((seed): NodeRecording => {
      const { result, recording } = record<PassMoment, null>(backend, step, given, { seed });
      tf.dispose(Object.values(result.outputs));
      return recording;
    });
    const reason = difference(first!, second!, { seed: 'c' });
    if (reason !== undefined) throw new NoGraph(`'${name}': ${reason}`);
    return first!;
  } catch (error) {
    throw error instanceof NoGraph ? error : new NoGraph(`'${name}': ${(error as Error).message}`);
  } finally {
    tf.dispose(Object.values(given));
  }
}
