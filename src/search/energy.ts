/**
 * Energy from a table of whole networks, for example HW-NAS-Bench (Li et al. 2021, arXiv 2103.10584), which measured
 * all cells of NAS-Bench-201 on several devices. Nothing on an ordinary machine measures the energy of an operation,
 * so there is no other source. The column that is used is kept with the run, so that a resumed search makes the same
 * decisions.
 */
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type NetworkTable, readNetworkTable, rowLookup, tableColumn } from '../tabular/index.js';
import { stream } from '../tensor/rng.js';
import { keptTable } from './kept-table.js';

const tableSchema = z.object({
  /** Name of the file that the energies come from, and of its column. */
  file: z.string(),
  column: z.string(),
  family: z.enum(['nas-bench-201', 'nas-bench-macro', 'encoded']),
  /** The networks' names in the table. */
  keys: z.array(z.string()),
  /** Millijoules of each; null where it was not measured. */
  millijoules: z.array(z.number().nullable()),
});

export type EnergyTable = z.output<typeof tableSchema>;

/**
 * The energies that a search with this configuration needs; undefined if it needs none. `read` gives them, by default
 * from the table that the limits name. Throws as `readEnergies` and `requireEnergies` do.
 */
export function energiesFor(
  space: SearchSpace,
  { limits, objectives }: Pick<SearchConfig, 'limits' | 'objectives'>,
  read: () => EnergyTable = () => readEnergies(limits),
): EnergyTable | undefined {
  if (limits.energyMj === undefined && limits.energyTable === undefined && !objectives?.includes('energy'))
    return undefined;
  const energies = read();
  requireEnergies(space, energies);
  return energies;
}

/**
 * The column of energies that the limits name. Throws WeftError('config') if they name no table, and
 * WeftError('data') for a table without energies, with several columns of them of which none is named, or with a
 * negative value.
 */
export function readEnergies({
  energyTable,
  energyColumn,
}: Pick<SearchConfig['limits'], 'energyTable' | 'energyColumn'>): EnergyTable {
  if (energyTable === undefined)
    throw new WeftError(
      'config',
      'energy has no source: nothing on an ordinary machine measures the energy of a network',
      'set limits.energyTable to a CSV file with the energy of every network, for example hw_cifar10.csv of HW-NAS-Bench, or write an objective of your own (--objectives accuracy,./energy.ts)',
    );
  const table = readNetworkTable([energyTable]);
  const { name, values } =
    energyColumn === undefined ? onlyColumn(table, energyTable) : tableColumn(table, energyColumn);
  const negative = values.findIndex((value) => value < 0);
  if (negative >= 0)
    throw new WeftError(
      'data',
      `${energyTable}: ${table.keys[negative]!} has ${values[negative]!} in the column '${name}'`,
      'energies are at least 0: name another column with limits.energyColumn',
    );
  return {
    file: basename(energyTable),
    column: name,
    family: table.family,
    keys: [...table.keys],
    millijoules: Array.from(values, (value) => (Number.isFinite(value) ? value : null)),
  };
}

function onlyColumn({ columns }: NetworkTable, path: string): NetworkTable['columns'][number] {
  const found = columns.filter(({ name }) => /energy/i.test(name));
  if (found.length === 1) return found[0]!;
  const names = (found.length > 0 ? found : columns).map(({ name }) => name).join(', ');
  throw new WeftError(
    'data',
    found.length === 0
      ? `${path} has no column of energies: it has ${names}`
      : `${path} has ${found.length} columns of energies: ${names}`,
    'name the column with limits.energyColumn',
  );
}

/** The energy of an architecture in millijoules; throws WeftError('data') for one that was not measured. */
export function energyLookup<A>(space: SearchSpace<A>, energies: EnergyTable): (architecture: A) => number {
  const rowOf = rowLookup(space, energies);
  return (architecture) => {
    const row = rowOf(architecture);
    const value = energies.millijoules[row];
    if (typeof value === 'number') return value;
    throw new WeftError(
      'data',
      `${energies.keys[row]!} has no value in the column '${energies.column}' of ${energies.file}`,
      'the network was not measured, or the device cannot run it: use another column (limits.energyColumn)',
    );
  };
}

/** Spaces up to this size are looked up as a whole, of larger ones as many random networks as `DRAWS`. */
const MOST_LISTED = 20_000n;
const DRAWS = 2_000;

/**
 * Throws WeftError('data') if the table is of other networks, or lacks a network of the space: a search would end with
 * this error only once it comes to that network.
 */
export function requireEnergies<A>(space: SearchSpace<A>, energies: EnergyTable): void {
  const energyOf = energyLookup(space, energies);
  const size = space.cardinalities.reduce((product, cardinality) => product * BigInt(cardinality), 1n);
  if (size <= MOST_LISTED) {
    for (const architecture of space.enumerate()) energyOf(architecture);
    return;
  }
  const rng = stream('energies');
  for (let draw = 0; draw < DRAWS; draw++) energyOf(space.sample(rng));
}

/** The run's energies: read from its own file if there is one, otherwise from the table, and then kept. */
export const energyTableOf = (run: string, read: () => EnergyTable): EnergyTable =>
  keptTable(join(run, 'energy.json'), 'a table of energies', tableSchema, read);
