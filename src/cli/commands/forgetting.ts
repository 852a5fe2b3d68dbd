/** `weft forgetting report` and `weft forgetting compare`. */
import { reportInput } from '../../api/report.js';
import { join } from 'node:path';
import { WeftError } from '../../errors.js';
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
} from '../../report/index.js';
import { type ReportTable } from '../../report/tables.js';
import { makeFolder, openRun, writeFileAtomic } from '../../runs/index.js';
import { runArguments } from '../../api/hints.js';
import { createOutput, show } from '../output.js';
import { type TrustOptions } from '../../api/trust.js';
import { spaceOfRun } from '../../api/recorded-run.js';

interface ReportOptions extends TrustOptions {
  readonly fromEpoch?: number;
  readonly json?: boolean;
}

/** Writes RUN/forgetting/ with the page, report.json and the tables, for each run. */
export async function report(directories: readonly string[], options: ReportOptions): Promise<void> {
  const output = createOutput(options);
  for (const directory of directories) {
    const { path, analysis } = await analyse(directory, options);
    const folder = join(path, 'forgetting');
    writeFiles(folder, await forgettingPage(analysis), forgettingJson(analysis), forgettingTables(analysis));
    output.emit({
      type: 'forgetting-report',
      run: path,
      folder,
      verdict: analysis.verdict,
      warnings: analysis.health.filter(({ status }) => status === 'WARN').map(({ id }) => id),
    });
    output.say(`${show(path)}`);
    output.say(`  ${analysis.verdict}`);
    for (const { status, what, detail } of analysis.health.filter(({ status }) => status === 'WARN'))
      output.say(`  ${status}  ${what}: ${detail}`);
    output.say(`wrote ${show(join(folder, 'report.html'))}, report.json and the tables as CSV`);
  }
}

/** Sets runs beside each other, paired by seed, and writes the comparison into `out`. */
export async function compare(
  directories: readonly string[],
  options: ReportOptions & { readonly out: string },
): Promise<void> {
  const output = createOutput(options);
  const runs = [];
  for (const directory of directories) {
    const { path, seed, analysis } = await analyse(directory, options);
    runs.push({ path: show(path), seed, analysis });
  }
  const comparison = compareForgetting(runs, {
    fromEpoch: options.fromEpoch === undefined ? undefined : options.fromEpoch - 1,
  });
  writeFiles(options.out, comparisonPage(comparison), comparisonJson(comparison), comparisonTables(comparison));
  for (const { arm, verdict, pairs, mean, reductions, performance } of comparison.arms) {
    output.emit({
      type: 'forgetting-comparison',
      arm: arm.name,
      seeds: pairs.length,
      verdict,
      mean,
      reduction: reductions.mean,
      performance,
    });
    output.say(verdict);
  }
  for (const reason of comparison.unpaired) output.say(`left out  ${reason}`);
  for (const { status, what, detail } of comparison.health.filter(({ status }) => status === 'WARN'))
    output.say(`${status}  ${what}: ${detail}`);
  output.say(`wrote ${show(join(options.out, 'report.html'))}, report.json and the tables as CSV`);
}

/** The analysis of a run's events; a run without them is refused with the way to get them. */
async function analyse(
  directory: string,
  { fromEpoch, ...trust }: ReportOptions,
): Promise<{ path: string; seed: number; analysis: ForgettingAnalysis }> {
  const run = openRun(directory);
  const input = reportInput(run.path, await spaceOfRun(run.path, trust));
  const analysis = analyseForgetting(input, fromEpoch === undefined ? {} : { fromEpoch: fromEpoch - 1 });
  if (analysis) return { path: run.path, seed: run.manifest.seed, analysis };
  if (eventLog(input.events).last('forgetting-config'))
    throw new WeftError(
      'run',
      `${directory} has measured forgetting in no epoch yet`,
      `let it go on: weft resume ${runArguments(run.path)}`,
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
