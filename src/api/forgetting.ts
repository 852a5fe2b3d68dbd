/** Forgetting reports: for one run as a separate page, and for several side by side. */
import { join } from 'node:path';
import { WeftError } from '../errors.js';
import { show } from '../printable.js';
import {
  analyseForgetting,
  compareForgetting,
  comparisonJson,
  comparisonPage,
  comparisonTables,
  eventLog,
  type ForgettingAnalysis,
  forgettingJson,
  forgettingPage,
  forgettingTables,
} from '../report/index.js';
import { type ReportTable } from '../report/tables.js';
import { makeFolder, openRun, runsIn, writeFileAtomic } from '../runs/index.js';
import { runArguments } from './hints.js';
import { spaceOfRun, type SpaceOptions } from './recorded-run.js';
import { reportInput } from './report.js';

export interface ForgettingOptions extends SpaceOptions {
  /** First epoch, from 1, included in means; by default the first that a regularizer can have affected. */
  readonly fromEpoch?: number | undefined;
}

export interface ForgettingReport {
  /** The run's directory. */
  readonly run: string;
  /** `RUN/forgetting`, with report.html, report.json and the tables as CSV. */
  readonly folder: string;
  readonly analysis: ForgettingAnalysis;
}

export type ForgettingComparison = ReturnType<typeof compareForgetting>;

/** See `reportForgetting` in index.ts. */
export async function reportForgetting(directory: string, options: ForgettingOptions = {}): Promise<ForgettingReport> {
  const { path, analysis } = await analyse(directory, options);
  const folder = join(path, 'forgetting');
  writeFiles(folder, await forgettingPage(analysis), forgettingJson(analysis), forgettingTables(analysis));
  return { run: path, folder, analysis };
}

/** See `compareRunsByForgetting` in index.ts. */
export async function compareRunsByForgetting(
  directories: readonly string[],
  { out, ...options }: ForgettingOptions & { readonly out: string },
): Promise<ForgettingComparison> {
  const runs = [];
  for (const directory of directories.flatMap(runsIn)) {
    const { path, seed, analysis } = await analyse(directory, options);
    runs.push({ path: show(path), seed, analysis });
  }
  const comparison = compareForgetting(runs, {
    fromEpoch: options.fromEpoch === undefined ? undefined : options.fromEpoch - 1,
  });
  writeFiles(out, comparisonPage(comparison), comparisonJson(comparison), comparisonTables(comparison));
  return comparison;
}

/** The analysis of a run's events; throws for a run that did not record them, saying how to. */
async function analyse(
  directory: string,
  { fromEpoch, ...trust }: ForgettingOptions,
): Promise<{ path: string; seed: number; analysis: ForgettingAnalysis }> {
  const run = openRun(directory);
  const input = reportInput(run.path, await spaceOfRun(run.path, trust));
  const analysis = analyseForgetting(input, fromEpoch === undefined ? {} : { fromEpoch: fromEpoch - 1 });
  if (analysis) return { path: run.path, seed: run.manifest.seed, analysis };
  if (eventLog(input.events).last('forgetting-config'))
    throw new WeftError(
      'run',
      `${directory} has not measured forgetting in any epoch yet`,
      `continue it: weft resume ${runArguments(run.path)}`,
    );
  throw new WeftError(
    'run',
    `${directory} has not measured forgetting`,
    'search with --set forgetting.measure=true, or with a regularizer, for example --set search.regularizer.name=wpl',
  );
}

function writeFiles(folder: string, page: string, json: object, tables: readonly ReportTable[]): void {
  makeFolder(folder);
  for (const { name, csv } of tables) writeFileAtomic(join(folder, `${name}.csv`), csv);
  writeFileAtomic(join(folder, 'report.json'), `${JSON.stringify(json, null, 2)}\n`);
  writeFileAtomic(join(folder, 'report.html'), page);
}
