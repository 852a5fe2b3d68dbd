/** Every parameter and statistic that any architecture of a space can use, by name. */
import { type ParameterSpec, type StatisticSpec } from '../operations/operation.js';
import { parameterPrefix } from '../graph/activate.js';
import { type SupernetGraph } from '../graph/nodes.js';

export interface Catalogue {
  readonly parameters: ReadonlyMap<string, ParameterSpec>;
  readonly statistics: ReadonlyMap<string, StatisticSpec>;
}

/** Lists the supernet's parameters in the order of its nodes. */
export function catalogue({ graph, order }: SupernetGraph): Catalogue {
  const parameters = new Map<string, ParameterSpec>();
  const statistics = new Map<string, StatisticSpec>();
  for (const name of order) {
    const node = graph.getNodeAttributes(name);
    if (node.kind !== 'operation') continue;
    for (const [key, built] of node.built) {
      const prefix = parameterPrefix(name, node.built.size, key);
      for (const [local, spec] of Object.entries(built.parameters)) parameters.set(`${prefix}/${local}`, spec);
      for (const [local, spec] of Object.entries(built.statistics ?? {})) statistics.set(`${prefix}/${local}`, spec);
    }
  }
  return { parameters, statistics };
}
