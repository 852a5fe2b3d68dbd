/** The shared weights of a run compared with training-free rankers, against published training results. */
import { dirname, resolve } from 'node:path';
import {
  analyseTruth,
  type Costs,
  costsIn,
  type RankerComparison,
  sampleDistinct,
  stratifiedWarning,
  truthRecord,
} from '../ranking/index.js';
import { type SearchSpace } from '../graph/index.js';
import { sealJson, toJson, withFolder, writeFileAtomic } from '../runs/index.js';
import { type NetworkTable, readNetworkTable, sampleTable, truthColumn } from '../tabular/index.js';
import { stream } from '../tensor/rng.js';
import { DEFAULT_ARCHITECTURES, evaluateShared, type RankOptions, requireEnough } from './rank.js';
import { namedProxies } from './rank-proxies.js';
import { loadRecordedParts, openRecorded, type RecordedRun, spaceOfRun } from './recorded-run.js';
import { truthFile, writeReport } from './report.js';

export interface TruthOptions extends Pick<
  RankOptions,
  | 'architectures'
  | 'batches'
  | 'proxies'
  | 'onScored'
  | 'onProgress'
  | 'onChanges'
  | 'space'
  | 'controller'
  | 'data'
  | 'trust'
  | 'file'
> {
  /** Files of a table with the quality of networks. */
  readonly truth: readonly string[];
  /** The column used as ground truth; by default the first one with accuracies. */
  readonly column?: string | undefined;
}

export interface TruthOutcome {
  readonly rankers: RankerComparison;
  /** The column used as ground truth. */
  readonly column: string;
  /** The record's file. */
  readonly file: string;
  /** The run's report, with its chapter. */
  readonly report: string;
}

/** Number of networks drawn from the space to check whether those in the table are representative. */
const DRAWN = 300;

/** See `rankRunByTable` in index.ts. */
export async function rankRunByTable(directory: string, options: TruthOptions): Promise<TruthOutcome> {
  const { architectures = DEFAULT_ARCHITECTURES } = options;
  requireEnough(architectures);
  const table = readNetworkTable(options.truth);
  const truth = truthColumn(table, options.column);
  const recorded = openRecorded(directory, options);
  const file = truthFile(recorded.run.path);
  return withFolder(dirname(file), () => rankByColumn(recorded, table, truth, file, { ...options, architectures }));
}

async function rankByColumn(
  recorded: RecordedRun,
  table: NetworkTable,
  truth: NetworkTable['columns'][number],
  file: string,
  options: TruthOptions & { readonly architectures: number },
): Promise<TruthOutcome> {
  const { architectures } = options;
  const parts = await loadRecordedParts(recorded, options);
  const { seed } = parts.config;
  const rankers = table.columns.filter(
    (column) => column !== truth && column.role !== 'accuracy' && isRanker(column.name),
  );
  const usable = (row: number): boolean => [truth, ...rankers].every(({ values }) => !Number.isNaN(values[row]!));
  const warnings: string[] = [];
  const computed =
    rankers.some(({ role }) => role === 'proxy') && options.proxies === undefined ? 'none' : options.proxies;
  const proxies = await namedProxies(computed);
  const sampled = (space: SearchSpace) => {
    const sample = sampleTable(space, table, architectures, stream(seed, 'rank-truth'), usable);
    const drawn = sampleDistinct(space, DRAWN, stream(seed, 'rank-uniform'));
    const costsOf = costsIn(space);
    const stratified = stratifiedWarning(
      sample.map(({ architecture }) => costsOf(architecture).parameters),
      drawn.map(({ architecture }) => costsOf(architecture).parameters),
    );
    if (stratified !== undefined) warnings.push(stratified);
    if (sample.length < architectures)
      warnings.push(`the table has only ${sample.length} different networks of the space with all their scores`);
    return sample.map(({ architecture, row }) => ({
      architecture,
      row,
      costs: scoresOf(table, rankers, row, costsOf(architecture)),
      encoding: space.encode(architecture),
      hash: space.canonicalHash(architecture),
    }));
  };
  const evaluation = await evaluateShared(recorded, parts, options, proxies, sampled);
  const { evaluated, measure, examples } = evaluation;
  const record = truthRecord({
    tables: options.truth.map((path) => resolve(path)),
    column: truth.name,
    measure,
    examples,
    warnings: [...warnings, ...evaluation.warnings],
    networks: evaluated.map(({ encoding, shared, row, costs, proxies: own }) => ({
      architecture: encoding,
      truth: truth.values[row]!,
      seeds: truth.name === 'mean_acc' ? table.seeds.map((values) => values[row]!) : [],
      shared,
      rankers: { ...costs, ...besides(costs, own) },
    })),
  });
  writeFileAtomic(file, sealJson(toJson(record), 2));
  const report = await writeReport(recorded.run.path, await spaceOfRun(recorded.run.path, options));
  return { rankers: analyseTruth(record), column: truth.name, file, report };
}

/** Our own scores under names that no column of the table has. */
function besides(
  columns: Readonly<Record<string, number>>,
  own: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(own).map(([name, score]) => [Object.hasOwn(columns, name) ? `${name} (computed)` : name, score]),
  );
}

/** Times and energies are costs of a network on a device, not measures of its quality. */
const isRanker = (name: string): boolean => !/latency|energy|intensity/i.test(name);

/** The costs from the table if it has them, because those are the networks that were trained, and its proxies. */
function scoresOf(
  { columns }: NetworkTable,
  rankers: NetworkTable['columns'],
  row: number,
  own: Costs,
): Record<string, number> {
  const has = (name: string): boolean => columns.some((column) => column.name === name);
  return {
    ...(!has('parameters') && { parameters: own.parameters }),
    ...(!has('multiplyAdds') && !Number.isNaN(own.multiplyAdds) && { multiplyAdds: own.multiplyAdds }),
    // The benchmark's own columns `params` and `flops` are duplicates.
    ...Object.fromEntries(
      rankers
        .filter(({ name }) => name !== 'params' && name !== 'flops')
        .map(({ name, values }) => [name, values[row]!]),
    ),
  };
}
