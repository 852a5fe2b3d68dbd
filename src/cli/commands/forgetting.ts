/** `weft forgetting report` and `weft forgetting compare`. */
import { join } from 'node:path';
import { compareRunsByForgetting, type ForgettingOptions, reportForgetting } from '../../api/forgetting.js';
import { createOutput, show } from '../output.js';

type ReportOptions = ForgettingOptions & { readonly json?: boolean };

/** Writes RUN/forgetting/ with the page, report.json and the tables, for each run. */
export async function report(directories: readonly string[], { json, ...options }: ReportOptions): Promise<void> {
  const output = createOutput({ json: json ?? false });
  for (const directory of directories) {
    const { run, folder, analysis } = await reportForgetting(directory, options);
    const warnings = analysis.health.filter(({ status }) => status === 'WARN');
    output.emit({
      type: 'forgetting-report',
      run,
      folder,
      verdict: analysis.verdict,
      warnings: warnings.map(({ id }) => id),
    });
    output.say(`${show(run)}`);
    output.say(`  ${analysis.verdict}`);
    for (const { status, what, detail } of warnings) output.say(`  ${status}  ${what}: ${detail}`);
    output.say(`wrote ${show(join(folder, 'report.html'))}, report.json and the tables as CSV`);
  }
}

/** Compares runs, paired by seed, and writes the comparison into `out`. */
export async function compare(
  directories: readonly string[],
  { json, ...options }: ReportOptions & { readonly out: string },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { arms, unpaired, health } = await compareRunsByForgetting(directories, options);
  for (const { arm, verdict, pairs, mean, reductions, performance } of arms) {
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
  for (const reason of unpaired) output.say(`left out  ${reason}`);
  for (const { status, what, detail } of health.filter(({ status }) => status === 'WARN'))
    output.say(`${status}  ${what}: ${detail}`);
  output.say(`wrote ${show(join(options.out, 'report.html'))}, report.json and the tables as CSV`);
}
