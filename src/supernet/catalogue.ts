/** Every parameter, statistic and carried state that any architecture of a space can use, by name. */
import { type ParameterSpec, type Shape, type StatisticSpec } from '../operations/operation.js';
import { weightsPrefix } from '../graph/activate.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type SupernetGraph } from '../graph/nodes.js';
import { type Child } from './child.js';

export interface Catalogue {
  readonly parameters: ReadonlyMap<string, ParameterSpec>;
  readonly statistics: ReadonlyMap<string, StatisticSpec>;
  /** States carried from one batch to the next: shapes for one example. */
  readonly states: ReadonlyMap<string, Shape>;
}

/** The child's own parameters and statistics; slices have the child's shapes. */
export function childCatalogue(space: Pick<SearchSpace, 'supernet'>, { nodes }: Pick<Child, 'nodes'>): Catalogue {
  const all = catalogue(space.supernet);
  const parameters = new Map<string, ParameterSpec>();
  const statistics = new Map<string, StatisticSpec>();
  for (const node of nodes) {
    if (node.kind !== 'operation') continue;
    for (const [local, spec] of Object.entries(node.built.parameters)) parameters.set(`${node.prefix}/${local}`, spec);
    for (const [local, spec] of Object.entries(node.built.statistics ?? {}))
      statistics.set(`${node.prefix}/${local}`, spec);
  }
  const own = <T>(whole: ReadonlyMap<string, T>, child: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...whole].map(([name, spec]) => [name, child.get(name) ?? spec]));
  return {
    parameters: own(all.parameters, parameters),
    statistics: own(all.statistics, statistics),
    states: all.states,
  };
}

/** Lists the supernet's parameters in the order of its nodes. */
export function catalogue({ graph, order }: SupernetGraph): Catalogue {
  const parameters = new Map<string, ParameterSpec>();
  const statistics = new Map<string, StatisticSpec>();
  const states = new Map<string, Shape>();
  for (const name of order) {
    const node = graph.getNodeAttributes(name);
    if (node.kind !== 'operation') continue;
    for (const [key, built] of node.built) {
      const prefix = weightsPrefix(name, node, key);
      for (const [local, spec] of Object.entries(built.parameters)) parameters.set(`${prefix}/${local}`, spec);
      for (const [local, spec] of Object.entries(built.statistics ?? {})) statistics.set(`${prefix}/${local}`, spec);
      for (const [local, shape] of Object.entries(built.states ?? {})) states.set(`${prefix}/${local}`, shape);
    }
  }
  return { parameters, statistics, states };
}
