/**
 * Costs of networks, under the names that objectives, limits and `weft derive --pick` use. Less is better; costs are
 * those of the network as retrained.
 */
import { type CostName, costNames } from '../config/costs.js';
import { type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type ActiveNode, multiplyAddCount, parameterCount, peakActivationBytes, weightBytes } from '../graph/index.js';
import { type SearchSpace } from '../graph/define-space.js';
import { energyLookup, type EnergyTable } from './energy.js';
import { latencyOf, type LatencyTable } from './latency.js';
import { type OwnObjective } from './own-objective.js';

/** The costs of an architecture, in the order of their names. */
export interface CostMeasure<A = unknown> {
  readonly names: readonly string[];
  /**
   * The user's own objectives of which more is better: `of` returns them negated, so that less of every number is
   * better.
   */
  readonly more: ReadonlySet<string>;
  of(architecture: A): readonly number[];
}

/** The costs that the configuration names among its objectives; empty if it names none. */
export function costsNamed({ objectives = [] }: Pick<SearchConfig, 'objectives'>): CostName[] {
  return costNames.filter((name) => objectives.includes(name));
}

/** The costs of an architecture by name, with their original signs. */
export function namedCosts<A>({ names, more, of }: CostMeasure<A>, architecture: A): Record<string, number> {
  const values = of(architecture);
  return Object.fromEntries(names.map((name, i) => [name, more.has(name) ? 0 - values[i]! : values[i]!]));
}

/** What costs are looked up in that the network itself does not tell. */
export interface CostTables {
  /** Times of the space's operations. */
  readonly latencies?: LatencyTable | undefined;
  /** Energies of whole networks. */
  readonly energies?: EnergyTable | undefined;
}

const MAX_REMEMBERED = 20_000;

/**
 * Measures these costs of architectures of a space, followed by the user's own objectives. Throws WeftError('config')
 * for latency or energy without its table, and for two objectives with the same name.
 */
export function costMeasure<A>(
  space: SearchSpace<A>,
  shipped: readonly CostName[],
  { latencies, energies }: CostTables = {},
  own: readonly OwnObjective[] = [],
): CostMeasure<A> {
  const names = [...shipped, ...own.map(({ name }) => name)];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new WeftError('config', `two objectives are named '${twice}'`, 'rename one of them');
  const final = space.forRetraining();
  const known = new Map<string, readonly number[]>();
  const energyOf = energies && energyLookup(space, energies);
  const of: Readonly<Record<CostName, (nodes: readonly ActiveNode[], architecture: A) => number>> = {
    parameters: parameterCount,
    multiplyAdds: multiplyAddCount,
    activationMemory: peakActivationBytes,
    fileSize: weightBytes,
    latency: (nodes) => {
      if (latencies) return latencyOf(nodes, latencies);
      throw new WeftError(
        'config',
        'no latencies were measured for this search',
        'name latency among the objectives, or set limits.latencyMs; `weft derive --latency-table` takes a table of another device',
      );
    },
    energy: (_nodes, architecture) => {
      if (energyOf) return energyOf(architecture);
      throw new WeftError(
        'config',
        'the energies of networks are not known to this search',
        'set limits.energyTable to a CSV file with the energy of every network',
      );
    },
  };
  return {
    names,
    more: new Set(own.filter(({ direction }) => direction === 'more').map(({ name }) => name)),
    of(architecture) {
      const key = space.genotype(architecture).join();
      let found = known.get(key);
      if (!found) {
        const nodes = final.activate(architecture);
        found = [
          ...shipped.map((name) => of[name](nodes, architecture)),
          ...own.map(({ direction, value }) => (direction === 'more' ? 0 - value(nodes) : value(nodes))),
        ];
        if (known.size >= MAX_REMEMBERED) known.clear();
        known.set(key, found);
      }
      return found;
    },
  };
}
