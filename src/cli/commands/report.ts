/** `weft report`: one self-contained HTML file about a run. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkConfig, type SearchConfig } from '../../config/index.js';
import { type SearchSpace } from '../../graph/index.js';
import { parseRankRecord } from '../../ranking/index.js';
import { buildReport, type ReportInput, seedRunsOf } from '../../report/index.js';
import {
  openRun,
  readCheckedEvents,
  readSealedJson,
  readSummary,
  type Run,
  runFiles,
  writeFileAtomic,
} from '../../runs/index.js';
import { optionsOf } from '../../search/session.js';
import { createOutput, type Output, show } from '../output.js';
import { permitted, type TrustOptions } from '../recorded-run.js';
import { readSharpness } from '../run-sharpness.js';
import { loadSpace } from '../registry.js';

/** Writes the report of a run, finished or not; of several runs that differ in their seeds, what they have in common. */
export async function report(
  [directory, ...others]: readonly [string, ...string[]],
  options: TrustOptions & { out?: string; json?: boolean },
): Promise<void> {
  const output = createOutput(options);
  if (others.length > 0) return reportSeeds([directory, ...others], options, output);
  const path = await writeReport(openRun(directory).path, options, options.out);
  output.emit({ type: 'report', path });
  output.say(`wrote ${show(path)}`);
  output.say('next  open it in a browser; it needs no network');
}

async function reportSeeds(
  directories: readonly string[],
  options: TrustOptions & { out?: string },
  output: Output,
): Promise<void> {
  const inputs = await Promise.all(
    directories.map(async (directory) => ({
      path: openRun(directory).path,
      input: await reportInput(directory, options),
    })),
  );
  const { writeSeedsReport } = await import('./many.js');
  writeSeedsReport(seedRunsOf(inputs), options.out ?? join(dirname(inputs[0]!.path), 'seeds.html'), output);
}

/** Writes the report and returns its path. */
export async function writeReport(directory: string, trust: TrustOptions, out?: string): Promise<string> {
  const run = openRun(directory);
  const files = runFiles(run.path);
  const html = await buildReport(await reportInput(run.path, trust));
  const path = out ?? files.report;
  writeFileAtomic(path, html);
  return path;
}

/** A run as it is on disk, every file checked against its recorded hash. */
export async function reportInput(directory: string, trust: TrustOptions): Promise<ReportInput> {
  const run = openRun(directory);
  const config = checkConfig(run.config);
  const summary = readSummary(run.path);
  const ranking = rankFile(run.path);
  return {
    manifest: run.manifest,
    config,
    events: readCheckedEvents(run.path),
    ...(summary && { summary }),
    sharpness: readSharpness(run.path),
    space: await spaceOf(run, config, trust),
    ...(existsSync(ranking) && {
      ranking: parseRankRecord(readSealedJson(ranking, 'make it again with `weft rank`'), ranking),
    }),
  };
}

/** Where `weft rank` keeps what it has measured. */
export function rankFile(directory: string): string {
  return join(directory, 'rank', 'rank.json');
}

/** The space of a run as it was searched, from its configuration and the recorded shape of the data. */
async function spaceOf(
  { path, manifest: { facts } }: Run,
  config: SearchConfig,
  trust: TrustOptions,
): Promise<SearchSpace> {
  const { kind, inputShape, classes } = facts['data'] as { kind?: 'text'; inputShape: number[]; classes: number };
  return (await loadSpace(permitted('space', config.space.name, path, trust))).create(optionsOf(config.space), {
    inputShape,
    classes,
    ...(kind === 'text' && { kind: 'language' as const }),
  });
}
