/** Forgetting by the parts of the supernet: its optional edges, and the nodes that are chosen between. */
import { type SearchSpace } from '../../graph/define-space.js';
import { mean } from '../../statistics/index.js';
import { decoded } from '../decoded.js';
import { usedParts } from '../drawing/usage.js';
import { describe, difference, type Effect } from './by-option.js';
import { mergeTensors, type TensorSummary } from './by-tensor.js';
import { groupBy } from './group-by.js';
import { type Measurements, type Visit } from './measurements.js';

export interface EdgeSummary extends Pick<Effect, 'count' | 'meanDiff' | 'standardError' | 'meanDiffWithout'> {
  readonly from: string;
  readonly to: string;
  /** When the edge is present, in terms of the space. */
  readonly condition: string;
  /** The weights of the operation at its start, if any of them are tracked. */
  readonly tensors: TensorSummary | undefined;
}

interface Located {
  readonly visit: Visit;
  readonly nodes: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
}

/** Every edge that an architecture may lack. */
export function edgeSummaries(
  { visits }: Measurements,
  space: SearchSpace,
  tensors: readonly TensorSummary[],
): EdgeSummary[] {
  const located = locate(visits, space);
  if (located.length === 0) return [];
  const { graph, order } = space.supernet;
  const rank = new Map(order.map((name, i) => [name, i]));
  const optional = graph
    .mapEdges((edge, { guard }, from, to) => ({ edge, guard, from, to }))
    .filter(({ guard }) => guard !== undefined)
    .sort((a, b) => rank.get(a.to)! - rank.get(b.to)! || rank.get(a.from)! - rank.get(b.from)!);
  return optional.map(({ edge, guard, from, to }) => ({
    from,
    to,
    condition: guard!.label,
    ...describe(
      located.filter(({ edges }) => edges.has(edge)).map(({ visit }) => visit),
      located.filter(({ edges }) => !edges.has(edge)).map(({ visit }) => visit),
    ),
    tensors: mergeTensors(tensors, (name) => (belongsTo(name, from) ? from : undefined))[0],
  }));
}

/**
 * How much more (or less) architectures with a node or edge forget than those without it, each compared within its
 * epoch; in nats. Undefined if either group has fewer than `least`.
 */
export function partEffects(
  { visits }: Measurements,
  space: SearchSpace,
  least = 5,
): { node(name: string): number | undefined; edge(key: string): number | undefined } {
  const located = locate(visits, space);
  const level = new Map(
    [...groupBy(visits, ({ epoch }) => epoch)].map(([epoch, members]) => [epoch, mean(members.map(difference))]),
  );
  const effect = (has: (one: Located) => boolean): number | undefined => {
    const [having, lacking] = [located.filter(has), located.filter((one) => !has(one))].map((group) =>
      group.map(({ visit }) => difference(visit) - level.get(visit.epoch)!),
    );
    return having!.length >= least && lacking!.length >= least ? mean(having!) - mean(lacking!) : undefined;
  };
  return {
    node: (name) => effect(({ nodes }) => nodes.has(name)),
    edge: (key) => effect(({ edges }) => edges.has(key)),
  };
}

function locate(visits: readonly Visit[], space: SearchSpace): Located[] {
  return visits.flatMap((visit) => {
    const architecture = decoded(space, visit.architecture);
    return architecture === undefined ? [] : [{ visit, ...usedParts(space, architecture) }];
  });
}

/** Whether a tensor belongs to a node: `layer2/sep3/depthwise/kernel` to `layer2/sep3`, also `layer2/sep3@8x8x4/…`. */
function belongsTo(tensor: string, node: string): boolean {
  return tensor.startsWith(`${node}/`) || tensor.startsWith(`${node}@`);
}
