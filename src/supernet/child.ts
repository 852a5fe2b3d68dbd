/**
 * One architecture as a function. A child owns no weights: it maps (parameters, batch, mode) to logits,
 * so perturbed copies of the weights, second gradients and frozen normalization need no special case.
 */
import { type ActiveNode } from '../graph/activate.js';
import { type Combination } from '../graph/nodes.js';
import { type SearchSpace } from '../graph/define-space.js';
import { deployedNodes } from '../graph/deployed.js';
import {
  type BuiltOperation,
  type Context,
  type Mode,
  type ParameterSpec,
  type PassMoment,
  type Shape,
} from '../operations/operation.js';
import { type NamedTensors } from '../tensor/named.js';
import { type Rng, stream } from '../tensor/rng.js';
import { sumFromLeft } from '../tensor/sum.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { readSlice, sliceKey } from './slices.js';

export interface Child<A = unknown> {
  readonly architecture: A;
  readonly encoding: string;
  readonly nodes: readonly ActiveNode[];
  /** Names of the weights on this child's path; no other weight is ever touched by it. */
  readonly parameterNames: readonly string[];
  readonly statisticNames: readonly string[];
  /** For the parameters of which it may read only a slice, what it reads; it reads all others whole. */
  readonly slices?: ReadonlyMap<string, ParameterSpec>;
  /**
   * Logits [N, classes], or [N, T, classes] for sequences, of x [N, ...inputShape]; pure: the same arguments give the
   * same numbers.
   */
  forward(parameters: NamedTensors, statistics: NamedTensors, x: Tensor, mode: Mode): Tensor;
}

/** The child of a space with this architecture. */
export function createChild<A>(space: SearchSpace<A>, architecture: A): Child<A> {
  return childOf(space.activate(architecture), architecture, space.encode(architecture));
}

/**
 * The same child with its operations as they are used after training (`Operation.deployed`), whose weights
 * `deployedWeights` gives.
 */
export function deployedChild<A>(child: Child<A>): Child<A> {
  const nodes = deployedNodes(child.nodes);
  return nodes === child.nodes ? child : childOf(nodes, child.architecture, child.encoding);
}

/**
 * Parameters of the deployed child from those that the child reads (slices where it reads slices); new tensors, which
 * the caller owns.
 */
export function deployedWeights({ nodes, parameterNames }: Child, parameters: NamedTensors): NamedTensors {
  const weights = new Map(parameterNames.map((name) => [name, parameters[name]!]));
  const folded = new Map<string, Tensor>();
  for (const node of nodes) {
    if (node.kind !== 'operation' || !node.built.fold) continue;
    const { prefix, built, operation } = node;
    const made = tidy(() => built.fold!((local) => parameters[`${prefix}/${local}`]!) as Record<string, Tensor>);
    for (const [local, tensor] of Object.entries(made)) folded.set(`${prefix}/${local}`, tensor);
    const kept = new Set(Object.keys(operation.deployed!.build(shapesOf(nodes, node.inputs)).parameters));
    for (const local of Object.keys(built.parameters)) if (!kept.has(local)) weights.delete(`${prefix}/${local}`);
  }
  return Object.fromEntries([...weights].map(([name, tensor]) => [name, folded.get(name) ?? tf.clone(tensor)]));
}

const shapesOf = (nodes: readonly ActiveNode[], names: readonly string[]): Shape[] =>
  names.map((name) => nodes.find((node) => node.name === name)!.output);

function childOf<A>(nodes: readonly ActiveNode[], architecture: A, encoding: string): Child<A> {
  const head = nodes.at(-1)!.name;
  const names = (field: 'parameters' | 'statistics'): string[] =>
    nodes.flatMap((node) =>
      node.kind === 'operation' ? Object.keys(node.built[field] ?? {}).map((local) => `${node.prefix}/${local}`) : [],
    );
  return {
    architecture,
    encoding,
    nodes,
    parameterNames: [...new Set(names('parameters'))],
    statisticNames: names('statistics'),
    slices: new Map(
      nodes.flatMap((node) =>
        node.kind === 'operation' && node.elastic
          ? Object.entries(node.built.parameters).map(([local, spec]) => [`${node.prefix}/${local}`, spec] as const)
          : [],
      ),
    ),
    forward(parameters, statistics, x, mode) {
      const values = new Map<string, Tensor>();
      for (const node of nodes)
        values.set(
          node.name,
          evaluateNode(node, (input) => values.get(input)!, parameters, statistics, x, mode),
        );
      return values.get(head)!;
    },
  };
}

/** Names of the weights on the path of any of the children. */
export function namesOf(children: readonly Child[]): string[] {
  return [...new Set(children.flatMap(({ parameterNames }) => parameterNames))];
}

/** The value of one node, given those of the nodes that it reads. */
export function evaluateNode(
  node: ActiveNode,
  valueOf: (name: string) => Tensor,
  parameters: NamedTensors,
  statistics: NamedTensors,
  x: Tensor,
  mode: Mode,
): Tensor {
  if (node.kind === 'input') return x;
  const inputs = node.inputs.map(valueOf);
  if (node.kind === 'combine') return combine(node.combination, inputs);
  const context = operationContext(node.prefix, parameters, statistics, mode);
  return node.built.forward(inputs, node.elastic ? sliced(node.prefix, node.built, context, parameters) : context);
}

/** The same context, with the slices that a smaller operation reads in place of the whole tensors. */
function sliced(
  prefix: string,
  { parameters: specs, statistics: statisticSpecs = {} }: BuiltOperation,
  context: Context,
  parameters: NamedTensors,
): Context {
  return {
    ...context,
    parameter(local) {
      const spec = specs[local]!;
      return parameters[sliceKey(`${prefix}/${local}`, spec.shape)] ?? readSlice(context.parameter(local), spec);
    },
    statistic: (local) => readSlice(context.statistic(local), statisticSpecs[local]!),
  };
}

export function operationContext(
  prefix: string,
  parameters: NamedTensors,
  statistics: NamedTensors,
  mode: Mode,
): Context {
  return {
    mode,
    parameter: (local) => lookUp(parameters, `${prefix}/${local}`),
    statistic: (local) => lookUp(statistics, `${prefix}/${local}`),
    record: (local, value) => mode.record?.(`${prefix}/${local}`, value),
    state: (local) => mode.state?.[`${prefix}/${local}`],
    carry: (local, value) => mode.carry?.(`${prefix}/${local}`, value),
    random() {
      mode.host?.undeclared(`'${prefix}' draws random numbers; use values`);
      return masks(mode.seed, prefix);
    },
    values(shape, draw) {
      const filled = ({ seed, prefix: own = prefix }: PassMoment): Float32Array => {
        const rng = masks(seed, own);
        return Float32Array.from({ length: sizeOf(shape) }, () => draw(rng));
      };
      return mode.host?.values(shape, filled) ?? tf.tensor(filled(mode), [...shape]);
    },
  };
}

const masks = (seed: number | string | undefined, prefix: string): Rng => stream(seed ?? 'unseeded', 'mask', prefix);

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

function lookUp(tensors: NamedTensors, name: string): Tensor {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`the child needs '${name}', which is not among the given tensors`);
  return tensor;
}

export function combine(combination: Combination, inputs: Tensor[]): Tensor {
  if (inputs.length === 1) return inputs[0]!;
  switch (combination) {
    case 'sum':
      return sumFromLeft(inputs);
    case 'mean':
      return tf.div(sumFromLeft(inputs), inputs.length);
    case 'product':
      return inputs.reduce((product, input) => tf.mul(product, input));
    case 'concat':
      return tf.concat(inputs, -1);
  }
}
