/** Selects networks that meet conditions on their quality and their costs. */
import { WeftError } from '../errors.js';
import { costNames } from '../config/costs.js';
import { type SearchSpace } from '../graph/index.js';
import { type OwnPart } from '../parts/own.js';
import { costMeasure, type CostTables, namedCosts } from '../search/costs.js';
import { deviceTable, readDeviceLatency } from '../search/device-latency.js';
import { type EnergyTable, readEnergies, requireEnergies } from '../search/energy.js';
import { type LatencyTable } from '../search/latency.js';
import { type OwnObjective, ownObjectives } from '../search/own-objective.js';
import { type Condition } from '../search/pick.js';
import { type SearchParts } from '../search/session.js';
import { largestOf, smallestOf } from '../statistics/extremes.js';

/** A network by its text encoding, with its known quality measures. */
interface EvaluatedNetwork {
  readonly architecture: string;
  readonly accuracy?: number | null | undefined;
  readonly loss?: number | undefined;
}

export interface PickSetting {
  readonly space: SearchSpace;
  readonly tables: CostTables;
  /** User-defined objectives that conditions may name. */
  readonly own: readonly OwnObjective[];
  /** The remedy if no network meets the conditions. */
  readonly remedy: string;
}

/** The networks that meet all conditions; throws WeftError('config') with the nearest one if none does. */
export function pickNetworks<T extends EvaluatedNetwork>(
  networks: readonly T[],
  conditions: readonly Condition[],
  { space, tables, own, remedy }: PickSetting,
): T[] {
  if (conditions.length === 0) return [...networks];
  const asked = new Set(conditions.map(({ name }) => name));
  const costs = costMeasure(
    space,
    costNames.filter((name) => asked.has(name)),
    tables,
    own.filter(({ name }) => asked.has(name)),
  );
  const values = networks.map((one) => ({
    accuracy: one.accuracy,
    loss: one.loss,
    ...namedCosts(costs, space.decode(one.architecture)),
  })) as Record<string, number>[];
  const met = networks.filter((_, i) => conditions.every(({ name, holds }) => holds(values[i]![name]!)));
  if (met.length > 0) return met;
  const ranges = [...asked].map((name) => {
    const all = values.map((one) => one[name]!);
    return `${name} is between ${shown(smallestOf(all))} and ${shown(largestOf(all))}`;
  });
  throw new WeftError(
    'config',
    `none of ${networks.length} candidates meets ${conditions.map(({ text }) => text).join(' and ')}: ${ranges.join('; ')}`,
    remedy,
  );
}

/** The user-defined objectives by which candidates can be selected: those of the run, and any given in addition. */
export function pickable({ config, own }: SearchParts): OwnObjective[] {
  const named = ownObjectives(config, own);
  const given = [...(own?.values() ?? [])]
    .filter((part): part is OwnPart<object, OwnObjective> => part.kind === 'weft-objective')
    .map((part) => part.create({}, {}));
  return [...named, ...given.filter(({ name }) => !named.some((one) => one.name === name))];
}

/** The latencies of the device whose table was given. */
export function namedLatencies(space: SearchSpace, file: string): LatencyTable {
  const found = readDeviceLatency(file);
  return deviceTable(space.forRetraining(), found, found.batchSize);
}

/** The energies in the table that was given, which has every network of the space. */
export function namedEnergies(space: SearchSpace, limits: Parameters<typeof readEnergies>[0]): EnergyTable {
  const energies = readEnergies(limits);
  requireEnergies(space, energies);
  return energies;
}

/** A number with four significant digits and thousands separators. */
export const shown = (value: number): string =>
  Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 4 });
