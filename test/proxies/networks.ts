/** Networks for tests of proxies: chains of operations with given weights. */
import {
  type Child,
  createChild,
  defineSpace,
  type GraphBuilder,
  mapNamed,
  type NamedTensors,
  type NodeRef,
  oneOf,
  type Operation,
  type SearchSpace,
  type Task,
  tf,
  z,
} from 'weft-nas';

/** A space of one network, whose graph this is. */
export function only(task: Task, graph: (g: GraphBuilder) => NodeRef): SearchSpace {
  return defineSpace({
    name: 'only',
    description: 'One network.',
    options: z.strictObject({}),
    choices: () => oneOf(['it']),
    graph,
  }).create({}, task);
}

/** The network of operations one after the other, by name. */
export function chainOf(task: Task, operations: Readonly<Record<string, Operation>>): Child {
  const space = only(task, (g) =>
    Object.entries(operations).reduce<NodeRef>((x, [name, operation]) => g.apply(name, operation, x), g.input),
  );
  return createChild(space, 'it');
}

/** Weights by name, and no statistics. */
export function weightsOf(parameters: NamedTensors): { parameters: NamedTensors; statistics: NamedTensors } {
  return { parameters, statistics: {} };
}

export interface Listed {
  readonly shape: number[];
  readonly values: number[];
}

export const tensorOf = ({ shape, values }: Listed): tf.Tensor => tf.tensor(values, shape, 'float32');

export function listedWeights(listed: Readonly<Record<string, Listed>>): NamedTensors {
  return Object.fromEntries(Object.entries(listed).map(([name, one]) => [name, tensorOf(one)]));
}

/** All weights of the network with these values everywhere. */
export function filled(child: Child, value: number): NamedTensors {
  const shapes = child.nodes.flatMap((node) =>
    node.kind === 'operation'
      ? Object.entries(node.built.parameters).map(([local, { shape }]) => [`${node.prefix}/${local}`, shape] as const)
      : [],
  );
  return mapNamed(
    Object.fromEntries(shapes.map(([name, shape]) => [name, tf.zeros([...shape])])),
    (zeros) => tf.add(zeros, value), // prettier-ignore
  );
}
