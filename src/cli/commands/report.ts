/** `weft report`: one self-contained HTML file about a run. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spaceOfRun } from '../../api/recorded-run.js';
import { reportInput, writeRunReport } from '../../api/report.js';
import { type TrustOptions } from '../../api/trust.js';
import { seedRunsOf } from '../../report/index.js';
import { openRun, runFiles } from '../../runs/index.js';
import { createOutput, type Output, show } from '../output.js';

/** Writes the report of a run, finished or not; of several runs that differ in their seeds, what they have in common. */
export async function report(
  [directory, ...others]: readonly [string, ...string[]],
  options: TrustOptions & { out?: string; json?: boolean },
): Promise<void> {
  const output = createOutput(options);
  if (others.length > 0) return reportSeeds([directory, ...others], options, output);
  const path = await writeRunReport(directory, options);
  output.emit({ type: 'report', path });
  output.say(`wrote ${show(path)}`);
  const { events, summary } = runFiles(directory);
  if (existsSync(summary) && !existsSync(events))
    output.say(`${show(events)} is missing: the report shows nothing of the course of the search`);
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
      input: reportInput(directory, await spaceOfRun(directory, options)),
    })),
  );
  const { writeSeedsReport } = await import('./many.js');
  writeSeedsReport(seedRunsOf(inputs), options.out ?? join(dirname(inputs[0]!.path), 'seeds.html'), output);
}
