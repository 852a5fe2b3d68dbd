/** `weft report`: one self-contained HTML file about a run. */
import { existsSync } from 'node:fs';
import { writeRunReport } from '../../api/report.js';
import { reportSeeds } from '../../api/seeds.js';
import { type TrustOptions } from '../../api/trust.js';
import { WeftError } from '../../errors.js';
import { runFiles } from '../../runs/index.js';
import { createOutput, show } from '../output.js';

/** Writes the report of a run, finished or not; for several runs that differ in their seeds, a summary. */
export async function report(
  [directory, ...others]: readonly [string, ...string[]],
  { json, chapter, ...options }: TrustOptions & { out?: string; chapter?: string[]; json?: boolean },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  if (others.length > 0 && chapter)
    throw new WeftError('config', '--chapter is for the report of one run', 'name one run, or leave it out');
  if (others.length > 0)
    return (await import('./parallel-runs.js')).saySeeds(await reportSeeds([directory, ...others], options), output);
  const path = await writeRunReport(directory, { ...options, chapters: chapter });
  output.emit({ type: 'report', path });
  output.say(`wrote ${show(path)}`);
  const { events, summary } = runFiles(directory);
  if (existsSync(summary) && !existsSync(events))
    output.say(`${show(events)} is missing: the report cannot show how the search progressed`);
  output.say('next  open it in a browser; it needs no network');
}
