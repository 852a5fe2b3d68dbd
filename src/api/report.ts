/** The report of a run, from its files. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfig, type SearchConfig } from '../config/index.js';
import { type ForecastChange } from '../data/index.js';
import { type SearchSpace, type SpaceFactory } from '../graph/index.js';
import { parseRankRecord, parseTruthRecord } from '../ranking/index.js';
import { buildReport, type OwnChapter, type ReportInput } from '../report/index.js';
import {
  openRun,
  readCheckedEvents,
  readSealedJson,
  readSummary,
  runFiles,
  type WriteOptions,
  writeFileAtomic,
} from '../runs/index.js';
import { optionsOf } from '../search/session.js';
import { spaceOfRun, type SpaceOptions } from './recorded-run.js';
import { loadChapter } from './registry.js';
import { readSharpness } from './sharpness-files.js';

export interface WriteReportOptions extends WriteOptions {
  /** The file; `report.html` of the run by default. */
  readonly out?: string | undefined;
  readonly chapters?: readonly OwnChapter[];
}

export interface ReportOptions extends SpaceOptions, Pick<WriteReportOptions, 'out'> {
  /** Your own chapters, as values or files. */
  readonly chapters?: readonly (OwnChapter | string)[] | undefined;
}

/** See `writeReport` in index.ts. */
export async function writeRunReport(
  directory: string,
  { out, chapters = [], ...options }: ReportOptions = {},
): Promise<string> {
  const loaded = await Promise.all(chapters.map(loadChapter));
  return writeReport(directory, await spaceOfRun(directory, options), { out, chapters: loaded });
}

/** The same for a space that is already loaded, with the guard of the process that holds the run. */
export async function writeReport(
  directory: string,
  space: SpaceFactory,
  { out, chapters, ...options }: WriteReportOptions = {},
): Promise<string> {
  const html = await buildReport(reportInput(directory, space), chapters);
  const path = out ?? runFiles(openRun(directory).path).report;
  writeFileAtomic(path, html, options);
  return path;
}

/** A run of this space read from disk, with every file checked against its recorded hash. */
export function reportInput(directory: string, space: SpaceFactory): ReportInput {
  const run = openRun(directory);
  const config = checkConfig(run.config);
  const summary = readSummary(run.path);
  const ranking = rankFile(run.path);
  const truth = truthFile(run.path);
  return {
    manifest: run.manifest,
    config,
    events: readCheckedEvents(run.path),
    ...(summary && { summary }),
    sharpness: readSharpness(run.path),
    space: searchedSpace(space, config, run.manifest.facts),
    ...(existsSync(ranking) && {
      ranking: parseRankRecord(readSealedJson(ranking, 'create it again with `weft rank`'), ranking),
    }),
    ...(existsSync(truth) && {
      truth: parseTruthRecord(readSealedJson(truth, 'create it again with `weft rank RUN --truth TABLE`'), truth),
    }),
  };
}

/** Where `weft rank` stores its measurements. */
export function rankFile(directory: string): string {
  return join(directory, 'rank', 'rank.json');
}

/** Where `weft rank --truth` stores its comparison. */
export function truthFile(directory: string): string {
  return join(directory, 'rank', 'truth.json');
}

/** The space of a run as it was searched, from its configuration and the recorded shape of the data. */
export function searchedSpace(
  space: SpaceFactory,
  config: SearchConfig,
  facts: Readonly<Record<string, unknown>>,
): SearchSpace {
  const { kind, targets, multiLabel, inputShape, classes, change } = facts['data'] as {
    kind?: 'text';
    targets?: object;
    multiLabel?: true;
    inputShape: number[];
    classes: number;
    change?: ForecastChange;
  };
  return space.create(optionsOf(config.space), {
    inputShape,
    classes,
    ...(kind === 'text' && { kind: 'language' as const }),
    ...(targets && { kind: 'regression' as const }),
    ...(multiLabel && { kind: 'multi-label' as const }),
    ...(change && { change }),
  });
}
