/**
 * A network as people draw it: one box for every choice between operations, a symbol for every join; parts that every
 * child has (normalizations, joins with one input) are left out or merged.
 */
import { type ActiveNode } from '../../graph/activate.js';
import { type Combination, type NodeAttributes, shapeKey, type SupernetGraph } from '../../graph/nodes.js';
import { type SearchSpace } from '../../graph/define-space.js';
import { usage } from './usage.js';

export interface Outline {
  readonly nodes: readonly OutlineNode[];
  readonly edges: readonly OutlineEdge[];
}

export interface OutlineNode {
  readonly id: string;
  /**
   * A picked operation, all operations to pick from, one that every child has, a join, a change of resolution, the
   * input.
   */
  readonly role: 'choice' | 'choices' | 'fixed' | 'join' | 'resize' | 'input';
  readonly label: string;
  /** Layer number, if its name has one. */
  readonly caption?: string;
  /** The chosen operation, or all of them. */
  readonly options?: readonly OutlineOption[];
  /** On the path from the input through every node's first input. */
  readonly trunk: boolean;
}

export interface OutlineOption {
  readonly name: string;
  /** Index among all options of the space, for the colour. */
  readonly index: number;
  /** Fraction of the architectures that use it. */
  readonly share: number;
  readonly heat?: Heat | undefined;
}

/** A quantity that colours a part instead of its share of use. */
export interface Heat {
  /** -1 to 1. */
  readonly tone: number;
  readonly text: string;
  /** Nothing to highlight: drawn like the parts that are always present. */
  readonly plain?: boolean;
}

/** Colours for the nodes and edges of a supernet's graph; undefined leaves a part pale. */
export interface HeatMap {
  node(name: string): Heat | undefined;
  edge(key: string): Heat | undefined;
}

export interface OutlineEdge {
  readonly from: string;
  readonly to: string;
  /** Along the trunk; all others are skip connections. */
  readonly main: boolean;
  /** A skip connection that is downsampled on its way. */
  readonly resized: boolean;
  /** Fraction of the architectures that use it. */
  readonly share: number;
  readonly heat?: Heat | undefined;
}

const JOIN_SIGNS: Readonly<Record<Combination, string>> = {
  sum: '+',
  mean: 'mean',
  product: '×',
  concat: 'concat',
};

/** The outline of one architecture of a space. */
export function outlineChild(space: SearchSpace, architecture: unknown): Outline {
  const options = optionIndex(space.supernet);
  return outline(
    space.activate(architecture).map((node) => ({
      name: node.name,
      shape: node.output,
      inputs: node.inputs.map((name) => ({ name, share: 1 })),
      ...describeActive(node, space.supernet, options),
    })),
  );
}

/** The outline of a whole space: the parts that the architectures (of this space) use, and how often. */
export function outlineSupernet(space: SearchSpace, architectures: readonly unknown[], heat?: HeatMap): Outline {
  const { supernet } = space;
  const { graph, order } = supernet;
  const options = optionIndex(supernet);
  const used = usage(space, architectures);
  const inputsOf = (name: string): Input[] =>
    graph
      .mapInEdges(name, (edge, { position }, source) => ({
        name: source,
        share: used.edge(edge),
        heat: heat?.edge(edge),
        position,
      }))
      .sort((a, b) => a.position - b.position);
  return outline(
    order
      .filter((name) => optionOf(name, supernet) === undefined)
      .map((name) => {
        const node = graph.getNodeAttributes(name);
        const candidates = graph
          .inNeighbors(name)
          .filter((source) => optionOf(source, supernet) !== undefined && source.startsWith(`${name}/`));
        const shape = node.shapes[0]!;
        if (candidates.length === 0) return { name, shape, inputs: inputsOf(name), ...describeShared(name, node) };
        return {
          name,
          shape,
          inputs: inputsOf(candidates[0]!).map((input) => ({ ...input, share: used.node(name) })),
          role: 'choices',
          label: name,
          ...captionOf(name),
          options: candidates.map((candidate) => ({
            name: optionOf(candidate, supernet)!,
            index: options.get(optionOf(candidate, supernet)!)!,
            share: used.node(candidate),
            heat: heat?.node(candidate),
          })),
        };
      }),
  );
}

interface Input {
  readonly name: string;
  readonly share: number;
  readonly heat?: Heat | undefined;
}

/** A node before it is merged with others. */
export type Part = Looks & {
  readonly name: string;
  readonly shape: readonly number[];
  readonly inputs: readonly Input[];
};

/** Merges parts that are a single unit to a reader. */
export function outline(parts: readonly Part[]): Outline {
  const byName = new Map(parts.map((part) => [part.name, part]));
  const boxes = new Map<string, Omit<OutlineNode, 'trunk'>>();
  const inputs = new Map<string, Input[]>();
  /** The box in which a node's output is drawn. */
  const shown = new Map<string, string>();
  const users = countUsers(parts);

  for (const { name, shape, inputs: all, minor = false, ...looks } of parts) {
    const sole = all.length === 1 ? all[0]!.name : undefined;
    const before = sole === undefined ? undefined : byName.get(sole);
    const alone = sole !== undefined && users.get(sole) === 1;
    const factor = before && shrinks(before.shape, shape);
    const role = looks.role === 'fixed' && factor ? 'resize' : looks.role;
    const host = sole === undefined ? undefined : boxes.get(shown.get(sole)!);
    const saysNothing = looks.role === 'join' ? sole !== undefined : role === 'fixed' && alone && minor;
    if (host && (saysNothing || (alone && role === 'fixed' && host.role === 'fixed'))) {
      if (!saysNothing) boxes.set(host.id, { ...host, label: `${host.label} · ${looks.label}` });
      shown.set(name, host.id);
      continue;
    }
    boxes.set(name, { id: name, ...looks, role, label: role === 'resize' ? `÷${factor}` : looks.label });
    inputs.set(name, distinct(all.map((input) => ({ ...input, name: shown.get(input.name)! }))));
    shown.set(name, name);
  }
  return straighten(boxes, inputs, shown.get(parts.at(-1)!.name)!);
}

/** Finds the trunk; downsampling outside the trunk becomes a property of the skip connection. */
function straighten(
  boxes: ReadonlyMap<string, Omit<OutlineNode, 'trunk'>>,
  inputs: ReadonlyMap<string, readonly Input[]>,
  head: string,
): Outline {
  const trunk = new Set<string>();
  for (let at: string | undefined = head; at !== undefined; at = inputs.get(at)?.[0]?.name) trunk.add(at);
  const aside = (id: string): boolean => boxes.get(id)!.role === 'resize' && !trunk.has(id);
  const origin = (id: string): string => (aside(id) ? origin(inputs.get(id)![0]!.name) : id);
  return {
    nodes: [...boxes.values()].filter(({ id }) => !aside(id)).map((box) => ({ ...box, trunk: trunk.has(box.id) })),
    edges: [...inputs]
      .filter(([to]) => !aside(to))
      .flatMap(([to, sources]) =>
        sources.map(({ name, share, heat }, i) => ({
          from: origin(name),
          to,
          share,
          heat,
          main: i === 0 && trunk.has(to) && trunk.has(name),
          resized: aside(name),
        })),
      ),
  };
}

/** Every option of the space's choices between operations, in order of first appearance. */
export function optionIndex(supernet: SupernetGraph): ReadonlyMap<string, number> {
  const options = supernet.order.map((name) => optionOf(name, supernet)).filter((option) => option !== undefined);
  return new Map([...new Set(options)].map((option, index) => [option, index]));
}

/** The option that a node stands for: `sep3` for the candidate `layer2/sep3` of the selection `layer2`. */
export function optionOf(name: string, { graph }: SupernetGraph): string | undefined {
  // A selection of selections (an input, then an operation on it) is its own join.
  if (graph.getNodeAttribute(name, 'kind') !== 'operation') return undefined;
  const owner = graph
    .outNeighbors(name)
    .find((user) => graph.getNodeAttribute(user, 'kind') === 'select' && name.startsWith(`${user}/`));
  const option = owner === undefined ? undefined : name.slice(owner.length + 1);
  return option?.includes('/') ? undefined : option;
}

type Looks = Pick<OutlineNode, 'role' | 'label' | 'caption' | 'options'> & {
  /** Not worth a separate box after another operation: a normalization, an activation, dropout. */
  readonly minor?: boolean;
};

function describeActive(node: ActiveNode, supernet: SupernetGraph, options: ReadonlyMap<string, number>): Looks {
  const option = optionOf(node.name, supernet);
  if (option === undefined) return describeShared(node.name, supernet.graph.getNodeAttributes(node.name));
  return {
    role: 'choice',
    label: option,
    ...captionOf(node.name.slice(0, -option.length - 1)),
    options: [{ name: option, index: options.get(option)!, share: 1 }],
  };
}

export function describeShared(name: string, node: NodeAttributes): Looks {
  switch (node.kind) {
    case 'input':
      return { role: 'input', label: node.shapes[0]!.join('×') };
    case 'combine':
      return { role: 'join', label: JOIN_SIGNS[node.combination] };
    case 'select':
      return { role: 'join', label: 'one of' };
    case 'operation':
      return { role: 'fixed', label: name.slice(name.lastIndexOf('/') + 1), minor: isMinor(node) };
  }
}

/** Whether an operation preserves its input's shape and mixes neither positions nor features. */
function isMinor({ operation, built }: Extract<NodeAttributes, { kind: 'operation' }>): boolean {
  return (
    !/pool/.test(operation.kind) &&
    [...built].every(
      ([shapes, { output, parameters }]) =>
        shapes === shapeKey([output]) &&
        Object.values(parameters).every(({ role }) => role === 'scale' || role === 'offset' || role === 'bias'),
    )
  );
}

/** The last number in a node's name is its layer number, if layers are numbered. */
export function captionOf(name: string): { caption?: string } {
  const caption = name.match(/\d+/g)?.at(-1);
  return caption === undefined ? {} : { caption };
}

/** The downsampling factor, if any. */
function shrinks(before: readonly number[], after: readonly number[]): number | undefined {
  return before.length === 3 && after.length === 3 && after[0]! < before[0]!
    ? Math.round(before[0]! / after[0]!)
    : undefined;
}

function distinct(inputs: readonly Input[]): Input[] {
  return [...new Map(inputs.map((input) => [input.name, input])).values()];
}

function countUsers(parts: readonly Part[]): ReadonlyMap<string, number> {
  const users = new Map<string, number>();
  for (const { inputs } of parts)
    for (const name of new Set(inputs.map((input) => input.name))) users.set(name, (users.get(name) ?? 0) + 1);
  return users;
}
