/** How often a set of architectures uses each node and edge of their supernet. */
import { type SearchSpace } from '../../graph/define-space.js';

export interface Usage {
  /** Fraction of the architectures, 0 to 1, in which the node lies on a path from the input to the head. */
  node(name: string): number;
  /** The same for an edge of the supernet's graph. */
  edge(key: string): number;
}

export function usage(space: SearchSpace, architectures: readonly unknown[]): Usage {
  const nodes = new Map<string, number>();
  const edges = new Map<string, number>();
  for (const architecture of architectures) {
    const used = usedParts(space, architecture);
    for (const name of used.nodes) nodes.set(name, (nodes.get(name) ?? 0) + 1);
    for (const key of used.edges) edges.set(key, (edges.get(key) ?? 0) + 1);
  }
  const share = (counts: ReadonlyMap<string, number>, key: string): number =>
    (counts.get(key) ?? 0) / Math.max(1, architectures.length);
  return { node: (name) => share(nodes, name), edge: (key) => share(edges, key) };
}

/** The nodes and edges of one architecture: traversed from the head along the edges whose guards hold. */
export function usedParts(
  { supernet: { graph, head }, genotype }: SearchSpace,
  architecture: unknown,
): { nodes: ReadonlySet<string>; edges: ReadonlySet<string> } {
  const slots = genotype(architecture);
  const nodes = new Set([head]);
  const edges = new Set<string>();
  for (const name of nodes) {
    graph.forEachInEdge(name, (edge, { guard }, source) => {
      if (guard && !guard.holds(slots)) return;
      edges.add(edge);
      nodes.add(source);
    });
  }
  return { nodes, edges };
}
