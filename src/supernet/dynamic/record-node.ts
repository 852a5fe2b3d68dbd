/** One node of a supernet, forward and backward, as a recording. */
import { type BuiltOperation, type ParameterSpec, type Shape } from '../../operations/operation.js';
import { type Scalar, tf, tidy, type Tensor } from '../../tensor/tf.js';
import { type NativeBackend } from '../../tensor/kernels/raw-op.js';
import { difference, type Host, record, type Recording } from '../../tensor/plan/index.js';
import { backpropagate, recordOn, type Tape } from '../../tensor/tape.js';
import { combine, operationContext } from '../child.js';
import { type DynamicNode } from './structure.js';

/** What names the random masks of a pass. */
export interface PassMoment {
  readonly seed?: number | string | undefined;
}

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

/** Computes a node from its inputs, as it is; parameters by their own names. */
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

/** How a node is computed when training. */
function forwardOf({ name, attributes }: Whole): Forward {
  if (attributes.kind === 'combine') return (inputs) => combine(attributes.combination, [...inputs]);
  const built = builtOf(attributes);
  return (inputs, parameters, host) =>
    built.forward(inputs, {
      ...operationContext(name, {}, {}, { training: true, normalization: 'batch', host }),
      parameter: (local) => parameters[local]!,
    });
}

/** The node's recording, forward and backward. Throws NoGraph where it cannot be recorded. */
export function recordNode(
  backend: NativeBackend,
  node: Whole,
  { inputs, output, differentiable }: NodeShapes,
  batchSize: number,
): NodeRecording {
  const forward = forwardOf(node);
  const parameters = parametersOf(node);
  const locals = Object.keys(parameters);
  const given = {
    ...Object.fromEntries(inputs.map((shape, i) => [`${INPUT}${i}`, tf.ones([batchSize, ...shape])])),
    ...Object.fromEntries(locals.map((local) => [PARAMETER + local, tf.ones([...parameters[local]!.shape])])),
    [OUTPUT_GRADIENT]: tf.ones([batchSize, ...output]),
  };
  const step = (values: Readonly<Record<string, Tensor>>, host: Host<PassMoment>) => ({
    outputs: tidy(() => {
      const xs = inputs.map((_, i) => values[`${INPUT}${i}`]!);
      const own = Object.fromEntries(locals.map((local) => [local, values[PARAMETER + local]!]));
      const tape: Tape = [];
      const y = recordOn(tape, () => tidy(() => forward(xs, own, host)));
      const wanted = [
        ...xs.flatMap((x, i) => (differentiable[i] ? [[`${INPUT_GRADIENT}${i}`, x] as const] : [])),
        ...locals.map((local) => [PARAMETER_GRADIENT + local, own[local]!] as const),
      ];
      const gradients = backpropagate(
        tape,
        [[y, values[OUTPUT_GRADIENT]!]],
        wanted.map(([, tensor]) => tensor),
        { release: true },
      );
      const results: Record<string, Tensor> = { [OUTPUT]: tf.clone(y) };
      wanted.forEach(([name], i) => {
        if (gradients[i]) results[name] = tf.clone(gradients[i]);
      });
      return results;
    }),
    fixed: null,
  });
  return recordTwice(backend, step, given, node.name);
}

/** The loss of logits, labels and weights of examples with its gradient, on a batch of this size. Throws NoGraph where it cannot be recorded. */
export function recordLoss(
  backend: NativeBackend,
  loss: (logits: Tensor, labels: Tensor, weights?: Tensor) => Scalar,
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
