/** The record of a run in the formats of other programs: TensorBoard, Optuna, spreadsheets. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { optunaJournal, tensorboardEvents } from '../dashboards/index.js';
import { WeftError } from '../errors.js';
import { type SpaceFactory } from '../graph/index.js';
import { reportTables } from '../report/index.js';
import { beganAt, makeFolder, openRun, writeFolderAtomic } from '../runs/index.js';
import { spaceOfRun, type SpaceOptions } from './recorded-run.js';
import { reportInput } from './report.js';

/** The formats that a run can be converted to. */
export const CONVERSIONS = ['tensorboard', 'optuna', 'csv'] as const;
export type Conversion = (typeof CONVERSIONS)[number];

/** File names of each format, so that a folder containing anything else is not replaced. */
const WRITTEN: Readonly<Record<Conversion, RegExp>> = {
  tensorboard: /^events\.out\.tfevents\.\d+\.weft$/,
  optuna: /^journal\.log$/,
  csv: /^[\w-]+\.csv$/,
};

export interface ConvertOptions extends SpaceOptions {
  readonly to: Conversion;
  /** The folder; `RUN/tensorboard`, `RUN/optuna` or `RUN/csv` by default. */
  readonly out?: string | undefined;
}

/** See `convertRun` in index.ts. */
export async function convertRun(directory: string, { to, out, ...options }: ConvertOptions): Promise<string[]> {
  const space = await spaceOfRun(directory, options);
  const run = openRun(directory);
  const folder = resolve(out ?? join(run.path, to));
  if (!isReplaceable(folder, WRITTEN[to]))
    throw new WeftError(
      'export',
      `${folder} is a file, or a folder with other files`,
      'choose a new folder with --out',
    );
  const files = filesOf(directory, space, to);
  makeFolder(dirname(folder));
  writeFolderAtomic(folder, files);
  return Object.keys(files).map((name) => join(folder, name));
}

function filesOf(directory: string, factory: SpaceFactory, to: Conversion): Record<string, Uint8Array | string> {
  const { path, manifest } = openRun(directory);
  const input = reportInput(directory, factory);
  const began = beganAt(manifest);
  if (to === 'csv') return Object.fromEntries(reportTables(input).map(({ name, csv }) => [`${name}.csv`, csv]));
  if (to === 'optuna')
    return { 'journal.log': optunaJournal(input, { study: basename(path), began, space: input.space! }) };
  const seconds = began.getTime() / 1000;
  return { [`events.out.tfevents.${Math.floor(seconds)}.weft`]: tensorboardEvents(input, seconds) };
}

function isReplaceable(folder: string, written: RegExp): boolean {
  if (!existsSync(folder)) return true;
  return statSync(folder).isDirectory() && readdirSync(folder).every((name) => written.test(name));
}
