/** Compiles forward passes node by node: nodes with the same operation and inputs of the same shapes are one step. */
import { type ActiveNode } from '../graph/activate.js';
import { type Mode, type PassMoment } from '../operations/operation.js';
import { type NamedTensors } from '../tensor/named.js';
import { type Compiler, type StepResult } from '../tensor/plan/index.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { evaluateNode } from './child.js';
import { type Weights } from './parameter-store.js';
import { sliceKey } from './slices.js';

/** Compiled nodes and other small steps of a pass. */
export type CompiledNodes = Compiler<PassMoment, null>;

/** The value of a node, given those of its inputs in their order; kept, and owned by the caller. */
export function valueOfNode(
  node: ActiveNode,
  inputs: readonly Tensor[],
  weights: Weights,
  x: Tensor,
  mode: Mode,
  compiled?: CompiledNodes,
): Tensor {
  const step = (way: Mode): StepResult<null> => {
    const valueOf = (name: string): Tensor => inputs[node.inputs.indexOf(name)]!;
    // A separate handle, because an operation may pass its input through.
    const y = tidy(() => tf.clone(evaluateNode(node, valueOf, weights.parameters, weights.statistics, x, way)));
    return { outputs: { y }, fixed: null };
  };
  const key = mode.state || node.kind === 'input' ? undefined : keyOf(node, mode);
  const { outputs } =
    key !== undefined && compiled?.isWorthwhile({ key })
      ? compiled.run((_, host) => step({ ...mode, host }), given(node, inputs, weights), momentOf(node, mode), { key })
      : step(mode);
  return tf.keep(outputs['y']!);
}

/** Identifies what a node computes, except for the shapes of its inputs. */
function keyOf(node: Exclude<ActiveNode, { kind: 'input' }>, { training, normalization }: Mode): string {
  if (node.kind === 'combine') return node.combination;
  const { kind, config } = node.operation;
  return `${kind}${JSON.stringify(config)} ${training} ${normalization}`;
}

/** Random masks belong to this node, whichever node was recorded. */
const momentOf = (node: ActiveNode, { seed }: Mode): PassMoment =>
  node.kind === 'operation' ? { seed, prefix: node.prefix } : {};

/** All tensors that the node reads, under names that do not depend on the node. */
function given(node: ActiveNode, inputs: readonly Tensor[], { parameters, statistics }: Weights): NamedTensors {
  const tensors: Record<string, Tensor> = {};
  inputs.forEach((input, i) => (tensors[`input ${i}`] = input));
  if (node.kind !== 'operation') return tensors;
  const { built, prefix } = node;
  for (const [local, { shape }] of Object.entries(built.parameters)) {
    const name = `${prefix}/${local}`;
    tensors[local] = parameters[sliceKey(name, shape)] ?? parameters[name]!;
  }
  for (const local of Object.keys(built.statistics ?? {})) {
    const statistic = statistics[`${prefix}/${local}`];
    if (statistic) tensors[`statistic ${local}`] = statistic;
  }
  return tensors;
}
