/**
 * Published measurements of whole spaces: every network's name, with its accuracy, proxies, costs and device
 * measurements by column.
 */
import { unknownNameHint, WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { readMacroTable } from './nas-bench-macro.js';
import { type BenchmarkCell, benchmarkCost, fromBenchmark, fromBenchmarkTuple, toBenchmark } from './nas-bench-201.js';
import { type BenchmarkTable, readBenchmarkTable } from './table.js';

/** Whose networks a table names: those of a benchmark, or of any space by Weft's own text encoding. */
export type NetworkFamily = 'nas-bench-201' | 'nas-bench-macro' | 'encoded';

/**
 * What a column says of a network: how good it is once trained, what it costs, or a score that was taken without
 * training.
 */
export type ColumnRole = 'accuracy' | 'cost' | 'proxy';

export interface TableColumn {
  readonly name: string;
  readonly role: ColumnRole;
  /** By row of the whole table; NaN where the network was not measured. */
  readonly values: Float64Array;
  /** The file that the column comes from. */
  readonly path: string;
}

export interface NetworkTable {
  readonly family: NetworkFamily;
  /** The networks' names: `|nor_conv_3x3~0|+…` of NAS-Bench-201, eight digits of NAS-Bench-Macro, or encodings. */
  readonly keys: readonly string[];
  readonly columns: readonly TableColumn[];
  /** The accuracies of single seeds, where the table has them: a column a seed. */
  readonly seeds: readonly Float64Array[];
}

/** What one file holds, before it is joined with others. */
export interface NetworkFile {
  readonly path: string;
  readonly family: NetworkFamily;
  readonly keys: readonly string[];
  readonly columns: readonly { readonly name: string; readonly role: ColumnRole; readonly values: Float64Array }[];
  readonly seeds: readonly Float64Array[];
}

/**
 * The table of one file or of several joined by network: CSV files of NAS-Bench-201 cells (columns
 * `ArchitectureString`, `net_str` or `net`), the JSON file of NAS-Bench-Macro, or a CSV file whose column
 * `architecture` has encodings of Weft. Tables of NAS-Bench-201 are given the columns `parameters` and `multiplyAdds`
 * by the benchmark's closed form. Throws WeftError('data') for files of different families, a column that occurs twice,
 * a network that occurs twice in a file, and accuracies that are not numbers.
 */
export function readNetworkTable(paths: readonly string[]): NetworkTable {
  const files = paths.map(readNetworkFile);
  const [first] = files;
  if (!first) throw new WeftError('data', 'no table was named', 'name at least one CSV or JSON file');
  const other = files.find(({ family }) => family !== first.family);
  if (other)
    throw new WeftError(
      'data',
      `${first.path} has networks of ${NAMES[first.family]}, ${other.path} of ${NAMES[other.family]}`,
      'combine only tables of the same benchmark',
    );
  const keys = [...new Set(files.flatMap((file) => file.keys))];
  const rows = new Map(keys.map((key, row) => [key, row]));
  const spread = (file: NetworkFile, values: Float64Array): Float64Array => {
    const whole = new Float64Array(keys.length).fill(NaN);
    file.keys.forEach((key, i) => (whole[rows.get(key)!] = values[i]!));
    return whole;
  };
  const columns = files.flatMap((file) =>
    file.columns.map(({ name, role, values }): TableColumn => ({
      name,
      role,
      values: spread(file, values),
      path: file.path,
    })),
  );
  columns.forEach(({ name, path }, i) => {
    const earlier = columns.slice(0, i).find((column) => column.name === name);
    if (earlier)
      throw new WeftError(
        'data',
        `${earlier.path} and ${path} both have a column '${name}'`,
        'leave out one of the files, or rename the column',
      );
  });
  const seeds = files.flatMap((file) => file.seeds.map((values) => spread(file, values)));
  return { family: first.family, keys, columns: [...columns, ...closedForms(first.family, keys)], seeds };
}

const NAMES: Readonly<Record<NetworkFamily, string>> = {
  'nas-bench-201': 'NAS-Bench-201',
  'nas-bench-macro': 'NAS-Bench-Macro',
  encoded: 'a space of Weft',
};

function closedForms(family: NetworkFamily, keys: readonly string[]): TableColumn[] {
  if (family !== 'nas-bench-201') return [];
  const costs = keys.map((key) => benchmarkCost(fromBenchmark(key)));
  return (['parameters', 'multiplyAdds'] as const).map((name) => ({
    name,
    role: 'cost',
    values: Float64Array.from(costs, (cost) => cost[name]),
    path: 'closed form',
  }));
}

function readNetworkFile(path: string): NetworkFile {
  if (/\.json(\.gz)?$/i.test(path)) return readMacroTable(path);
  const table = readBenchmarkTable(path);
  const [family, keys] = keysOf(table);
  const seen = new Set<string>();
  keys.forEach((key, i) => {
    if (seen.has(key))
      throw new WeftError('data', `${path}: line ${i + 2}: ${key} occurs twice`, 'keep one row per network');
    seen.add(key);
  });
  return { path, family, keys, seeds: [], columns: table.columns.flatMap((name) => columnOf(table, name)) };
}

const KEY_COLUMNS = ['ArchitectureString', 'net_str', 'net', 'architecture'] as const;

/** How the file names its networks: by the first column of these names. */
function keysOf(table: BenchmarkTable): [NetworkFamily, readonly string[]] {
  const column = KEY_COLUMNS.find((name) => table.columns.includes(name));
  const named = (read: (text: string) => string): string[] =>
    table.text(column!).map((text, i) => {
      try {
        return read(text);
      } catch (cause) {
        if (!(cause instanceof WeftError)) throw cause;
        throw new WeftError('data', `${table.path}: line ${i + 2}: ${cause.message}`, cause.hint, { cause });
      }
    });
  if (column === undefined)
    throw new WeftError(
      'data',
      `${table.path} has no column that names networks`,
      `it needs one of ${KEY_COLUMNS.join(', ')}; it has ${table.columns.join(', ')}`,
    );
  if (column === 'architecture') return ['encoded', table.text(column)];
  const read = column === 'net' ? fromBenchmarkTuple : fromBenchmark;
  return ['nas-bench-201', named((text) => toBenchmark(read(text)))];
}

/** Columns of text that says nothing more. */
const IGNORED: readonly string[] = [...KEY_COLUMNS, 'UniqueString'];

function columnOf(table: BenchmarkTable, name: string): NetworkFile['columns'] {
  if (IGNORED.includes(name)) return [];
  const role = roleOf(name);
  if (role === 'accuracy') return [{ name, role, values: table.numbers(name) }];
  const values = Float64Array.from(table.text(name), (field) => {
    const value = field.trim() === '' ? NaN : Number(field);
    // HW-NAS-Bench writes -1 where a device cannot run the network.
    return role === 'cost' && value < 0 ? NaN : value;
  });
  return values.every((value) => Number.isNaN(value)) ? [] : [{ name, role, values }];
}

/** By the names that published tables use. */
function roleOf(name: string): ColumnRole {
  if (/acc/i.test(name)) return 'accuracy';
  return /^(params|flops|parameters|multiplyAdds)$|latency|energy/i.test(name) ? 'cost' : 'proxy';
}

/** The column of this name; throws WeftError('data') if there is none. */
export function tableColumn({ columns }: NetworkTable, name: string): TableColumn {
  const found = columns.find((column) => column.name === name);
  if (found) return found;
  const names = columns.map((column) => column.name);
  throw new WeftError('data', `the table has no column '${name}'`, unknownNameHint(name, names));
}

/** The first column of accuracies; throws WeftError('data') if there is none. */
export function truthColumn(table: NetworkTable, name?: string): TableColumn {
  if (name !== undefined) return tableColumn(table, name);
  const found = table.columns.find(({ role }) => role === 'accuracy');
  if (found) return found;
  throw new WeftError(
    'data',
    'the table has no accuracies',
    'add a file that has (a column with "acc" in its name), or name the column',
  );
}

/**
 * The row of an architecture of this space. Throws WeftError('data') at once where the table is of other networks, and
 * for each architecture that it lacks.
 */
export function rowLookup<A>(
  space: SearchSpace<A>,
  table: Pick<NetworkTable, 'family' | 'keys'>,
): (architecture: A) => number {
  const rows = new Map(table.keys.map((key, row) => [key, row]));
  const nameOf = namerOf(space, table.family);
  return (architecture) => {
    const name = nameOf(architecture);
    const row = rows.get(name);
    if (row === undefined)
      throw new WeftError(
        'data',
        `the table has no network ${name}`,
        'it is truncated, or covers only a part of the space',
      );
    return row;
  };
}

/** Throws WeftError('data') where the networks of this family are not those of the space. */
export function requireFamily(space: Pick<SearchSpace, 'name'>, family: NetworkFamily): void {
  if (family === 'encoded' || space.name === family) return;
  throw new WeftError(
    'data',
    `the table belongs to ${NAMES[family]}, but the space is '${space.name}'`,
    `search with --space ${family}, or use a table of this space (with a column architecture of encodings)`,
  );
}

function namerOf<A>(space: SearchSpace<A>, family: NetworkFamily): (architecture: A) => string {
  requireFamily(space, family);
  if (family === 'encoded') return (architecture) => space.encode(architecture);
  if (family === 'nas-bench-201') return (architecture) => toBenchmark(architecture as unknown as BenchmarkCell);
  return (architecture) => space.genotype(architecture).join('');
}

/** What the table says of a network; throws WeftError('data') where it was not measured. */
export function measuredValue({ name, values }: TableColumn, row: number, key: string): number {
  const value = values[row]!;
  if (!Number.isNaN(value)) return value;
  throw new WeftError(
    'data',
    `${key} has no value in the column '${name}'`,
    'the network was not measured, or the device cannot run it: use another column',
  );
}
