/** What networks cost, by the names that objectives, limits and `weft derive --pick` use. Less is better; what counts is the network as it is trained for good. */
import { costNames, type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type ActiveNode, multiplyAddCount, parameterCount, peakActivationBytes, weightBytes } from '../graph/index.js';
import { type SearchSpace } from '../graph/define-space.js';
import { latencyOf, type LatencyTable } from './latency.js';

export { costNames };
export type CostName = (typeof costNames)[number];

export const COST_UNITS: Readonly<Record<CostName, string>> = {
  parameters: '',
  multiplyAdds: '',
  activationMemory: 'bytes',
  fileSize: 'bytes',
  latency: 'ms',
};

/** The costs of an architecture, in the order of their names. */
export interface CostMeasure<A = unknown> {
  readonly names: readonly CostName[];
  of(architecture: A): readonly number[];
}

/** The costs that the configuration names among its objectives; none where it names no objectives. */
export function costsNamed({ objectives = [] }: Pick<SearchConfig, 'objectives'>): CostName[] {
  return costNames.filter((name) => objectives.includes(name));
}

/** The costs of an architecture by their names. */
export function namedCosts<A>({ names, of }: CostMeasure<A>, architecture: A): Record<string, number> {
  const values = of(architecture);
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

const MAX_REMEMBERED = 20_000;

/** Measures these costs of architectures of a space. Throws WeftError('config') for latency without a table of the operations' times. */
export function costMeasure<A>(
  space: SearchSpace<A>,
  names: readonly CostName[],
  table?: LatencyTable,
): CostMeasure<A> {
  const final = space.forRetraining();
  const known = new Map<string, readonly number[]>();
  const of: Readonly<Record<CostName, (nodes: readonly ActiveNode[]) => number>> = {
    parameters: parameterCount,
    multiplyAdds: multiplyAddCount,
    activationMemory: peakActivationBytes,
    fileSize: weightBytes,
    latency: (nodes) => {
      if (table) return latencyOf(nodes, table);
      throw new WeftError(
        'config',
        'no latencies were measured for this search',
        'name latency among the objectives, or set limits.latencyMs',
      );
    },
  };
  return {
    names,
    of(architecture) {
      const key = space.genotype(architecture).join();
      let found = known.get(key);
      if (!found) {
        const nodes = final.activate(architecture);
        found = names.map((name) => of[name](nodes));
        if (known.size >= MAX_REMEMBERED) known.clear();
        known.set(key, found);
      }
      return found;
    },
  };
}
