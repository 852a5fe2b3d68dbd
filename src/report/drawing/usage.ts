/** How often a set of architectures uses each node and edge of their supernet. */
import { type SearchSpace } from '../../graph/define-space.js';

export interface Usage {
  /** Share of the architectures, 0 to 1, that have the node on their way from the input to the head. */
  node(name: string): number;
  /** The same for an edge of the supernet's graph. */
  edge(key: string): number;
}

/** Walks back from the head of every architecture along the edges whose guards hold. */
export function usage({ supernet: { graph, head }, genotype }: SearchSpace, architectures: readonly unknown[]): Usage {
  const counts = new Map<string, number>();
  const count = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const architecture of architectures) {
    const slots = genotype(architecture);
    const seen = new Set([head]);
    for (const name of seen) {
      count(`node ${name}`);
      graph.forEachInEdge(name, (edge, { guard }, source) => {
        if (guard && !guard.holds(slots)) return;
        count(`edge ${edge}`);
        seen.add(source);
      });
    }
  }
  const share = (key: string): number => (counts.get(key) ?? 0) / Math.max(1, architectures.length);
  return { node: (name) => share(`node ${name}`), edge: (key) => share(`edge ${key}`) };
}
