/**
 * How the children of a space share one graph with decisions at run time: which of its nodes every child has, which
 * exclude each other, and in what order gradients are added. Only spaces in which this order can be kept have such a
 * structure.
 */
import { type SearchSpace } from '../../graph/define-space.js';
import { type Guard, type NodeAttributes, type SupernetGraph } from '../../graph/nodes.js';
import { type Genotype } from '../../space/slots.js';

export interface Edge {
  readonly source: string;
  readonly target: string;
  readonly position: number;
  readonly guard: Guard | undefined;
}

export type DynamicNode = { readonly name: string; readonly inputs: readonly Edge[] } & (
  | { readonly kind: 'input' }
  /** Computed as a whole: an operation, or a combination of inputs that are all there. */
  | { readonly kind: 'whole'; readonly attributes: Extract<NodeAttributes, { kind: 'operation' | 'combine' }> }
  /** The sum of those inputs whose guards hold. */
  | { readonly kind: 'sum' }
  /** Exactly one of the inputs. */
  | { readonly kind: 'select' }
);

export interface DynamicStructure {
  /** Inputs before users. */
  readonly nodes: readonly DynamicNode[];
  readonly head: string;
  /** Names of the nodes that every child has. */
  readonly common: ReadonlySet<string>;
  /** The selection of a node that is only ever a candidate of this one. */
  readonly selectionOf: ReadonlyMap<string, string>;
  /** The readers of each node, the one computed last first. */
  readonly users: ReadonlyMap<string, readonly Edge[]>;
}

/** The structure of a space, or why its children have no graph in common. */
export function dynamicStructure({ supernet }: Pick<SearchSpace, 'supernet'>): DynamicStructure | { reason: string } {
  const { graph, order, head } = supernet;
  const place = new Map(order.map((name, i) => [name, i]));
  const nodes: DynamicNode[] = [];
  for (const name of order) {
    const inputs = edgesInto(supernet, name);
    const attributes = graph.getNodeAttributes(name);
    const isGuarded = inputs.some(({ guard }) => guard);
    const twice = new Set(inputs.map(({ source }) => source)).size < inputs.length;
    if (twice) return { reason: `'${name}' reads one node twice` };
    switch (attributes.kind) {
      case 'input':
        nodes.push({ kind: 'input', name, inputs });
        break;
      case 'select':
        if (!inputs.every(({ guard }) => guard)) return { reason: `'${name}' has an input that is always there` };
        nodes.push({ kind: 'select', name, inputs });
        break;
      case 'operation': {
        const { built, member, elastic, weightsOf } = attributes;
        if (built.size !== 1 || member || elastic || weightsOf !== undefined)
          return { reason: `'${name}' is not one operation with weights of its own` };
        if (isGuarded) return { reason: `'${name}' has inputs that depend on the architecture` };
        nodes.push({ kind: 'whole', name, inputs, attributes });
        break;
      }
      case 'combine':
        if (isGuarded && attributes.combination !== 'sum')
          return { reason: `'${name}' is a ${attributes.combination} of inputs that depend on the architecture` };
        nodes.push(isGuarded ? { kind: 'sum', name, inputs } : { kind: 'whole', name, inputs, attributes });
    }
  }
  const edges = nodes.flatMap(({ inputs }) => inputs);
  const users = new Map(
    nodes.map(({ name }) => [
      name,
      edges.filter(({ source }) => source === name).sort((a, b) => place.get(b.target)! - place.get(a.target)!),
    ]),
  );
  const kinds = new Map(nodes.map(({ name, kind }) => [name, kind]));
  const selectionOf = new Map<string, string>();
  for (const { source, target } of edges) {
    const isCandidateAlone = kinds.get(target) === 'select' && kinds.get(source) === 'whole';
    if (isCandidateAlone && users.get(source)!.length === 1) selectionOf.set(source, target);
  }
  return { nodes, head, common: alwaysThere(nodes, head), selectionOf, users };
}

function edgesInto({ graph }: SupernetGraph, target: string): Edge[] {
  return graph
    .mapInEdges(target, (_edge, { position, guard }, source): Edge => ({ source, target, position, guard }))
    .sort((a, b) => a.position - b.position);
}

/** Whether the candidates of one selection are consecutive among these users, so that they can be one term of a sum. */
export function areTogether(list: readonly Edge[], selectionOf: ReadonlyMap<string, string>): boolean {
  const left = new Set<string>();
  let current: string | undefined;
  for (const { target } of list) {
    const selection = selectionOf.get(target);
    if (selection !== current && current !== undefined) left.add(current);
    if (selection !== undefined && left.has(selection)) return false;
    current = selection;
  }
  return true;
}

/** What the head depends on in every architecture. */
function alwaysThere(nodes: readonly DynamicNode[], head: string): Set<string> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const found = new Set<string>();
  const pending = [head];
  while (pending.length > 0) {
    const name = pending.pop()!;
    if (found.has(name)) continue;
    found.add(name);
    for (const { source, guard } of byName.get(name)!.inputs) if (!guard) pending.push(source);
  }
  return found;
}

/** What the gates of an architecture are computed from. */
export interface Chosen {
  /** Names of its nodes, selections included. */
  readonly active: ReadonlySet<string>;
  readonly genotype: Genotype;
}

/** The nodes that the head depends on in an architecture. */
export function chosenBy({ nodes, head }: DynamicStructure, genotype: Genotype): Chosen {
  const active = new Set([head]);
  for (const { name, inputs } of nodes.toReversed())
    if (active.has(name))
      for (const { source, guard } of inputs) if (!guard || guard.holds(genotype)) active.add(source);
  return { active, genotype };
}

/** Whether an edge is open in an architecture. */
export const isOpen = ({ target, guard }: Edge, { active, genotype }: Chosen): boolean =>
  active.has(target) && (!guard || guard.holds(genotype));

/**
 * Whether gradients are added in an architecture as in the child's own function. Behind a selection that passes a node
 * on, they are added up before the node's other gradients are: the result is the same only if there are no others.
 */
export function keepsOrder({ nodes, users, selectionOf }: DynamicStructure, chosen: Chosen): boolean {
  const selections = new Set(nodes.flatMap(({ name, kind }) => (kind === 'select' ? [name] : [])));
  return nodes.every(({ name }) => {
    const open = users.get(name)!.filter((edge) => isOpen(edge, chosen));
    return open.length < 2 || selectionOf.has(name) || !open.some(({ target }) => selections.has(target));
  });
}
