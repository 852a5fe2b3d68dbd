/**
 * Builds a supernet. Nodes are added from the input to the head; what depends on a choice is a
 * guarded edge. Shapes are propagated at once, for every architecture together, so that a mistake is
 * reported where it is made.
 */
import { MultiDirectedGraph } from 'graphology';
import { WeftError } from '../errors.js';
import {
  type ArchitectureOf,
  type Choice,
  type ChoiceTree,
  isOneOf,
  type OneOf,
  type Previous,
  type Subset,
} from '../space/choice.js';
import { genotypesOf } from '../space/genotypes.js';
import { type Decision, type Genotype, listDecisions } from '../space/slots.js';
import { type BuiltOperation, type Operation, type OperationFamily, type Shape } from '../operations/operation.js';
import { sameShape } from '../operations/shapes.js';
import { prefixed } from './cell.js';
import { fitElastic } from './elastic.js';
import { fitted } from './fitted.js';
import { combinations, combinedShapes, distinct } from './shape-sets.js';
import {
  type Combination,
  type EdgeAttributes,
  type Guard,
  type NodeAttributes,
  shapeKey,
  type SupernetGraph,
} from './nodes.js';

declare const nodeBrand: unique symbol;
/** A node of the graph under construction. */
export type NodeRef = string & { readonly [nodeBrand]: true };

/** An input that is present only in some architectures. */
export interface GatedNode {
  readonly node: NodeRef;
  readonly guard: Guard;
}

export interface GraphBuilder {
  readonly input: NodeRef;
  /** One operation on the output of one or several nodes. */
  apply(name: string, operation: Operation, ...inputs: NodeRef[]): NodeRef;
  /** One operation with the weights of another node: weights with the same local name are the same tensor. */
  tie(name: string, operation: Operation, owner: NodeRef, ...inputs: NodeRef[]): NodeRef;
  /** One operation of a family, selected by a part of the choices. */
  vary<C extends ChoiceTree>(
    name: string,
    choices: C,
    family: OperationFamily<ArchitectureOf<C>>,
    ...inputs: NodeRef[]
  ): NodeRef;
  /**
   * One operation whose sizes are choices: a smaller one reads a slice of the largest one's weights (leading entries
   * along each axis, the centre of a window), and so does one whose input has fewer channels. `make` gives the
   * operation of these sizes.
   */
  elastic<C extends Sizes>(
    name: string,
    sizes: C,
    make: (sizes: ArchitectureOf<C>) => Operation,
    ...inputs: NodeRef[]
  ): NodeRef;
  /** One of several operations, as the choice says; candidate `option` becomes the node `name/option`. */
  choose<T extends string | number | boolean>(
    name: string,
    choice: OneOf<T>,
    candidates: Readonly<Record<`${T}`, Operation>>,
    ...inputs: NodeRef[]
  ): NodeRef;
  /** One of several nodes: `previous` picks by index, `oneOf` by the position of its option. */
  select(name: string, choice: Previous | OneOf, inputs: readonly NodeRef[]): NodeRef;
  /**
   * All present inputs, joined; `concat` joins along the last axis. At least one must be present in every architecture.
   */
  combine(name: string, combination: Combination, inputs: readonly (NodeRef | GatedNode)[]): NodeRef;
  /** `node`, present when bit `index` of the subset is set. */
  when(choice: Subset, index: number, node: NodeRef): GatedNode;
  /** `node`, present when the choice has this value. */
  whenEqual(choice: OneOf | Previous, value: string | number | boolean, node: NodeRef): GatedNode;
  /** `node`, present when none of the choices picks index `index`: a loose end of a cell. */
  whenUnused(choices: readonly Previous[], index: number, node: NodeRef): GatedNode;
  /**
   * The same builder with `prefix/` before every name, so that a piece of a graph can be repeated in several places.
   */
  within(prefix: string): GraphBuilder;
}

/** Sizes of an operation, each a choice of numbers. */
export type Sizes = Readonly<Record<string, OneOf<number>>>;

/** No machine trains a graph with more; adding them would block the process until memory is exhausted. */
const MOST_NODES = 100_000;

/** Builds the graph that `write` describes; `write` returns the head. */
export function buildGraph(
  space: string,
  decisions: readonly Decision[],
  inputShape: Shape,
  write: (builder: GraphBuilder) => NodeRef,
): SupernetGraph {
  const graph = new MultiDirectedGraph<NodeAttributes, EdgeAttributes>();
  const offsets = new Map<Choice, Decision>(decisions.map((decision) => [decision.choice, decision]));
  const order: string[] = [];

  const add = (name: string, attributes: NodeAttributes): NodeRef => {
    if (!/^[A-Za-z0-9][\w./-]*$/.test(name))
      throw new WeftError(
        'space',
        `'${name}' is not a valid node name in '${space}'`,
        'use letters, digits and . - _ /',
      );
    if (graph.hasNode(name))
      throw new WeftError(
        'space',
        `'${space}' has two nodes named '${name}'`,
        'every node needs a unique name, because weights are shared by name',
      );
    if (graph.order >= MOST_NODES)
      throw new WeftError(
        'space',
        `'${space}' has more than ${MOST_NODES} nodes`,
        'make it smaller: fewer layers, cells or blocks',
      );
    graph.addNode(name, attributes);
    order.push(name);
    return name as NodeRef;
  };
  const connect = (source: NodeRef, target: NodeRef, position: number, guard?: Guard): void => {
    graph.addEdge(source, target, { position, guard });
  };
  const shapesOf = (node: NodeRef): readonly Shape[] => {
    if (!graph.hasNode(node))
      throw new WeftError(
        'space',
        `'${space}' uses the node '${node}' before it exists`,
        'a graph has no cycles: add nodes from the input to the head',
      );
    return graph.getNodeAttribute(node, 'shapes');
  };
  const decisionOf = (choice: Choice, where: string): Decision => {
    const decision = offsets.get(choice);
    if (!decision)
      throw new WeftError(
        'space',
        `'${where}' in '${space}' uses a choice that is not in the tree of choices`,
        'return every choice from `choices`',
      );
    return decision;
  };
  const equals = ({ offset, path, choice }: Decision, index: number): Guard =>
    guard(`${path} = ${isOneOf(choice) ? String(choice.options[index]) : index}`, [{ slot: offset, value: index }]);

  const builder: GraphBuilder = {
    input: add('input', { kind: 'input', shapes: [inputShape] }),
    apply(name, operation, ...inputs) {
      const built = new Map<string, BuiltOperation>();
      for (const shapes of combinations(inputs.map(shapesOf), `${space}/${name}`)) {
        built.set(shapeKey(shapes), fitted(operation, shapes, `${space}/${name}`));
      }
      const node = add(name, {
        kind: 'operation',
        operation,
        built,
        shapes: distinct([...built.values()].map((one) => one.output)),
      });
      inputs.forEach((input, position) => connect(input, node, position));
      return node;
    },
    tie(name, operation, owner, ...inputs) {
      const owned = graph.hasNode(owner) ? graph.getNodeAttributes(owner) : undefined;
      if (owned?.kind !== 'operation' || owned.built.size > 1) {
        throw new WeftError(
          'space',
          `'${name}' in '${space}' cannot use the weights of '${owner}'`,
          'name a node made by `apply`, whose input has one shape',
        );
      }
      const node = builder.apply(name, operation, ...inputs);
      const [[, built] = []] = owned.built;
      for (const one of (
        graph.getNodeAttributes(node) as Extract<NodeAttributes, { kind: 'operation' }>
      ).built.values()) {
        for (const [local, { shape }] of Object.entries(one.parameters)) {
          const known = built?.parameters[local]?.shape;
          if (known && !sameShape(known, shape))
            throw new WeftError(
              'space',
              `'${name}/${local}' in '${space}' is [${shape.join(', ')}], but that of '${owner}' is [${known.join(', ')}]`,
              'tied weights must have the same shape',
            );
        }
      }
      graph.mergeNodeAttributes(node, { weightsOf: owner });
      return node;
    },
    vary(name, choices, family, ...inputs) {
      const parts = listDecisions(choices).map(({ choice }) => decisionOf(choice, name));
      const { build } = genotypesOf(choices);
      // Only its shapes and weights matter: the operation that runs is a member of the family.
      const all: Operation = {
        kind: family.kind,
        config: family.config,
        build: (shapes) => ({
          ...family.build(shapes),
          forward: () => {
            throw new WeftError(
              'unsupported',
              `'${name}' in '${space}' is a family of operations, too many to time each of them`,
              'limit parameters or multiply-adds instead of the latency',
            );
          },
        }),
      };
      const node = builder.apply(name, all, ...inputs);
      graph.mergeNodeAttributes(node, {
        member: {
          choices: (genotype) => parts.flatMap(({ offset, length }) => genotype.slice(offset, offset + length)),
          operation: (slots) => family.member(build(slots) as ArchitectureOf<typeof choices>),
        },
      });
      return node;
    },
    elastic(name, sizes, make, ...inputs) {
      const parts = Object.entries(sizes).map(([size, choice]) => ({
        size,
        options: choice.options,
        slot: decisionOf(choice, name).offset,
      }));
      const read = (slots: Genotype): ArchitectureOf<typeof sizes> =>
        Object.fromEntries(parts.map(({ size, options }, i) => [size, options[slots[i]!]])) as never;
      const { whole, members } = fitElastic(
        parts,
        combinations(inputs.map(shapesOf), `${space}/${name}`),
        (slots) => make(read(slots)),
        `${space}/${name}`,
      );
      const node = add(name, {
        kind: 'operation',
        ...whole,
        shapes: distinct(members.map(({ built }) => built.output)),
        elastic: members,
        member: {
          choices: (genotype) => parts.map(({ slot }) => genotype[slot]!),
          operation: (slots) => make(read(slots)),
        },
      });
      inputs.forEach((input, position) => connect(input, node, position));
      return node;
    },
    choose(name, choice, candidates, ...inputs) {
      const known = choice.options.map(String);
      const strays = Object.keys(candidates).filter((option) => !known.includes(option));
      const missing = known.filter((option) => !Object.hasOwn(candidates, option));
      if (strays.length + missing.length > 0) {
        throw new WeftError(
          'space',
          `the candidates of '${name}' in '${space}' do not match its choice`,
          [
            missing.length > 0 && `missing: ${missing.join(', ')}`,
            strays.length > 0 && `not an option: ${strays.join(', ')}`,
          ]
            .filter(Boolean)
            .join('; '),
        );
      }
      const options = known.map((option) =>
        builder.apply(`${name}/${option}`, candidates[option as keyof typeof candidates], ...inputs),
      );
      return builder.select(name, choice, options);
    },
    select(name, choice, inputs) {
      const decision = decisionOf(choice, name);
      if (inputs.length !== decision.cardinality) {
        throw new WeftError(
          'space',
          `'${name}' in '${space}' selects among ${inputs.length} nodes by a choice of ${decision.cardinality}`,
        );
      }
      const node = add(name, { kind: 'select', shapes: distinct(inputs.flatMap(shapesOf)) });
      inputs.forEach((input, index) => connect(input, node, index, equals(decision, index)));
      return node;
    },
    combine(name, combination, inputs) {
      const parts = inputs.map((input) => (typeof input === 'string' ? { node: input, guard: undefined } : input));
      const node = add(name, {
        kind: 'combine',
        combination,
        shapes: combinedShapes(
          combination,
          parts.map((part) => ({ shapes: shapesOf(part.node), optional: part.guard !== undefined })),
          `${space}/${name}`,
        ),
      });
      parts.forEach(({ node: input, guard }, position) => connect(input, node, position, guard));
      return node;
    },
    when(choice, index, node) {
      const { offset, path } = decisionOf(choice, `when ${index}`);
      if (index < 0 || index >= choice.count)
        throw new WeftError(
          'space',
          `'${path}' of '${space}' has no node ${index}`,
          `it chooses among ${choice.count}`,
        );
      return { node, guard: guard(`${path}[${index}]`, [{ slot: offset + index, value: 1 }]) };
    },
    whenEqual(choice, value, node) {
      const decision = decisionOf(choice, `whenEqual ${value}`);
      const index = isOneOf(choice) ? choice.options.indexOf(value) : Number(value);
      if (index < 0 || index >= decision.cardinality)
        throw new WeftError('space', `'${value}' is not a value of '${decision.path}' in '${space}'`);
      return { node, guard: equals(decision, index) };
    },
    whenUnused(choices, index, node) {
      // Nodes before `index` cannot pick it.
      const able = choices
        .map((choice) => decisionOf(choice, `whenUnused ${index}`))
        .filter(({ cardinality }) => index < cardinality);
      return {
        node,
        guard: guard(
          `${index} unused`,
          able.map(({ offset }) => ({ slot: offset, value: index, not: true })),
        ),
      };
    },
    within: (prefix) => prefixed(builder, prefix),
  };

  const head = write(builder);
  if (typeof head !== 'string' || !graph.hasNode(head))
    throw new WeftError('space', `the graph of '${space}' has no head`, 'return the last node from `graph`');
  requireConnected(space, { graph, input: builder.input, head, order });
  return { graph, input: builder.input, head, order };
}

/** Every node must lead to the head, and the head must depend on the input; anything else is a mistake in the space. */
function requireConnected(space: string, { graph, input, head, order }: SupernetGraph): void {
  const leading = new Set([head]);
  for (const name of order.toReversed())
    if (leading.has(name)) graph.forEachInNeighbor(name, (source) => void leading.add(source));
  if (!leading.has(input))
    throw new WeftError(
      'space',
      `the head '${head}' of '${space}' does not depend on the input`,
      'begin the graph at `g.input`',
    );
  const stray = order.filter((name) => !leading.has(name));
  if (stray.length > 0) {
    throw new WeftError(
      'space',
      `${stray.length === 1 ? 'a node' : `${stray.length} nodes`} of '${space}' cannot reach the head: ${stray
        .slice(0, 5)
        .map((name) => `'${name}'`)
        .join(', ')}${stray.length > 5 ? ', …' : ''}`,
      'use their output, or remove them',
    );
  }
}

function guard(label: string, terms: Guard['terms']): Guard {
  return {
    label,
    terms,
    holds: (genotype) => terms.every(({ slot, value, not = false }) => (genotype[slot] === value) !== not),
  };
}
