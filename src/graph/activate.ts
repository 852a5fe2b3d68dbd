/**
 * Derives one child from the supernet: keeps the edges whose guards hold, and the nodes from which they reach
 * the head. What remains has fixed shapes and a fixed list of parameters.
 */
import { WeftError } from '../errors.js';
import { type Genotype } from '../space/slots.js';
import { type BuiltOperation, type Operation, type Shape } from '../operations/operation.js';
import { sameShape } from '../operations/shapes.js';
import { fitted } from './fitted.js';
import { type Combination, type NodeAttributes, shapeKey, type SupernetGraph } from './nodes.js';

interface ActiveBase {
  readonly name: string;
  /** Active predecessors in the order of the operation's inputs. */
  readonly inputs: readonly string[];
  readonly output: Shape;
}

export type ActiveNode = ActiveBase &
  (
    | { readonly kind: 'input' }
    | {
        readonly kind: 'operation';
        readonly operation: Operation;
        readonly built: BuiltOperation;
        readonly prefix: string;
        /** Which operation of a family. */ readonly variant?: string;
        /** Whether its parameters are slices of those of the supernet. */ readonly elastic?: true;
      }
    | { readonly kind: 'combine'; readonly combination: Combination }
  );

/** The active nodes of an architecture, inputs before users, the head last. Selections are resolved away. */
export function activate(supernet: SupernetGraph, genotype: Genotype): ActiveNode[] {
  const { graph, head, order } = supernet;
  const inputsOf = (name: string): string[] =>
    graph
      .mapInEdges(name, (_edge, attributes, source) => ({ ...attributes, source }))
      .filter(({ guard }) => guard === undefined || guard.holds(genotype))
      .sort((a, b) => a.position - b.position)
      .map(({ source }) => source);

  const resolved = new Map<string, string>();
  /** The node whose value this one passes on: itself, or for a selection the selected one. */
  const resolve = (name: string): string => {
    let target = resolved.get(name);
    if (target === undefined) {
      target = name;
      if (graph.getNodeAttribute(name, 'kind') === 'select') target = resolve(inputsOf(name)[0]!);
      resolved.set(name, target);
    }
    return target;
  };

  const inputs = new Map<string, readonly string[]>();
  const pending = [resolve(head)];
  while (pending.length > 0) {
    const name = pending.pop()!;
    if (inputs.has(name)) continue;
    const sources = inputsOf(name).map(resolve);
    if (sources.length === 0 && name !== supernet.input) {
      throw new WeftError(
        'architecture',
        `the node '${name}' has no active input in this architecture`,
        'give the combination an unguarded input, or add a constraint to the space',
      );
    }
    inputs.set(name, sources);
    pending.push(...sources);
  }

  const outputs = new Map<string, Shape>();
  return order
    .filter((name) => inputs.has(name))
    .map((name): ActiveNode => {
      const sources = inputs.get(name)!;
      const node = fix(
        supernet,
        genotype,
        name,
        sources,
        sources.map((source) => outputs.get(source)!),
      );
      outputs.set(name, node.output);
      return node;
    });
}

function fix(
  { graph }: SupernetGraph,
  genotype: Genotype,
  name: string,
  inputs: readonly string[],
  shapes: readonly Shape[],
): ActiveNode {
  const attributes = graph.getNodeAttributes(name);
  switch (attributes.kind) {
    case 'input':
      return { kind: 'input', name, inputs, output: attributes.shapes[0]! };
    case 'operation': {
      const key = shapeKey(shapes);
      const prefix = weightsPrefix(name, attributes, key);
      const { member } = attributes;
      if (member) {
        const choices = member.choices(genotype);
        const operation = member.operation(choices);
        const built = fitted(operation, shapes, `'${name}'`);
        return {
          kind: 'operation',
          name,
          inputs,
          output: built.output,
          operation,
          built,
          prefix,
          variant: choices.join('.'),
          ...(attributes.elastic && { elastic: true }),
        };
      }
      const built = attributes.built.get(key)!;
      return { kind: 'operation', name, inputs, output: built.output, operation: attributes.operation, built, prefix };
    }
    case 'combine': {
      const { combination } = attributes;
      const stranger = combination === 'concat' ? undefined : shapes.find((shape) => !sameShape(shape, shapes[0]!));
      if (stranger)
        throw new WeftError(
          'space',
          `'${name}' cannot ${combination} [${shapes[0]!.join(', ')}] and [${stranger.join(', ')}], which meet in this architecture`,
          'let one choice determine the size of all inputs that are combined',
        );
      const output =
        combination === 'concat'
          ? [...shapes[0]!.slice(0, -1), shapes.reduce((sum, shape) => sum + shape.at(-1)!, 0)]
          : shapes[0]!;
      return { kind: 'combine', name, inputs, output, combination };
    }
    case 'select':
      throw new Error(`selection '${name}' was not resolved`);
  }
}

/**
 * A parameter's name starts with its node's (or that of the node it is shared with), and with the input's shape if that
 * depends on the architecture.
 */
export function weightsPrefix(
  node: string,
  { built, weightsOf = node }: Extract<NodeAttributes, { kind: 'operation' }>,
  key: string,
): string {
  return built.size > 1 ? `${weightsOf}@${key}` : weightsOf;
}
