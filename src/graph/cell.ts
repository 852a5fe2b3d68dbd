/**
 * Cells: pieces of a graph that are defined once and repeated. All repetitions obey the same choices, and each has
 * its own weights, because its name prefixes the names of its nodes.
 */
import { type GraphBuilder, type NodeRef } from './builder.js';

/** Builds a piece of the graph from the outputs of the previous pieces, oldest first, and returns its output. */
export type Cell = (g: GraphBuilder, inputs: readonly NodeRef[]) => NodeRef;

/**
 * Stacks cells by name; each reads as many previous outputs as there are `inputs`: with two inputs, those of the last
 * two cells. Returns the last outputs, as many again, so that stacks can be stacked.
 */
export function stack(g: GraphBuilder, inputs: readonly NodeRef[], cells: Readonly<Record<string, Cell>>): NodeRef[] {
  return Object.entries(cells).reduce<NodeRef[]>(
    (outputs, [name, cell]) => [...outputs.slice(1), cell(g.within(name), outputs)],
    [...inputs],
  );
}

/**
 * The builder with `prefix/` before the names of the nodes that it adds; nodes are still referred to by their full
 * names.
 */
export function prefixed(g: GraphBuilder, prefix: string): GraphBuilder {
  const place = (name: string): string => `${prefix}/${name}`;
  return {
    ...g,
    apply: (name, ...rest) => g.apply(place(name), ...rest),
    tie: (name, ...rest) => g.tie(place(name), ...rest),
    vary: (name, ...rest) => g.vary(place(name), ...rest),
    elastic: (name, ...rest) => g.elastic(place(name), ...rest),
    choose: (name, ...rest) => g.choose(place(name), ...rest),
    select: (name, ...rest) => g.select(place(name), ...rest),
    combine: (name, ...rest) => g.combine(place(name), ...rest),
    within: (inner) => g.within(place(inner)),
  };
}
