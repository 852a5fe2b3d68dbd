/** `weft study`: measurements with a published or calibrated reference value. */
import { listParts } from '../../api/catalogue.js';
import { runStudy } from '../../api/study.js';
import { largestOf } from '../../statistics/extremes.js';
import { parseOverrides, type SearchConfig, withOverrides } from '../../config/index.js';
import { catchSignals, stopwatch } from '../../runs/index.js';
import { type FinishedStudy, measuredText, tally, verdictOf } from '../../studies/index.js';
import { executing, type ExecutorOptions } from '../executor.js';
import { createOutput, type Output, show } from '../output.js';
import { formatSeconds } from '../progress.js';

export interface StudyCommandOptions extends Partial<ExecutorOptions> {
  seed: number;
  set?: string[];
  out?: string;
  runs: string;
  backend?: SearchConfig['backend'];
  json?: boolean;
}

/** Lists the studies, or runs one and writes its report. */
export async function study(name: string | undefined, options: StudyCommandOptions): Promise<void> {
  const output = createOutput(options);
  if (name === undefined) return listStudies(output);
  const { executor, queue, results = 'runs/jobs', threads, seed, out, runs, backend } = options;
  const elsewhere = executor !== undefined || queue !== undefined;
  const signals = catchSignals();
  const watch = stopwatch();
  try {
    const finished = await runStudy(name, {
      ...{ seed, out, runs, backend, threads },
      options: withOverrides({}, parseOverrides(options.set)),
      shouldStop: () => signals.requested !== undefined,
      withExecutor: elsewhere ? executing({ ...options, results }, output) : undefined,
      onStart: (found, loaded) =>
        output.say(`${found.name} · backend ${loaded} · about ${found.minutes} min on two cores`),
      onProgress(message, done) {
        output.emit({ type: 'progress', message, ...(done !== undefined && { done }) });
        output.status([
          `${done === undefined ? '' : `${Math.round(100 * done)} %  `}${message}  ${formatSeconds(watch.elapsed())}`,
        ]);
      },
    });
    if (finished) return sayFinished(name, finished, output);
    if (elsewhere) return;
    output.say('stopped; nothing was written');
    process.exitCode = signals.exitCode;
  } finally {
    signals.dispose();
  }
}

/** Names the studies, with their subject and duration. */
async function listStudies(output: Output): Promise<void> {
  const studies = await listParts('studies');
  for (const { name, description: summary, facts } of studies) {
    const { reference, minutes } = facts;
    output.emit({ type: 'study', name, summary, reference, minutes: Number(minutes) });
    output.say(`  ${name.padEnd(20)} ${summary} (about ${minutes} min)`);
  }
  output.say(`next  weft study ${studies[0]!.name}`);
}

function sayFinished(name: string, { rows, verdict, files, seconds }: FinishedStudy, output: Output): void {
  const lines = rows.map((row) => [row.id, measuredText(row), row.gate, verdictOf(row)]);
  // Columns as wide as their contents; without any targets there is no target column.
  const widths = [0, 1, 2, 3].map((column) => largestOf(lines.map((cells) => cells[column]!.length)));
  for (const [i, row] of rows.entries()) {
    output.emit({ type: 'row', ...row });
    const cells = lines[i]!.map((text, column) =>
      column === 1 ? text.padStart(widths[column]!) : text.padEnd(widths[column]!),
    );
    const note = row.note ? ` (${row.note})` : '';
    output.say(`  ${[...cells.filter((text) => text !== ''), row.quantity].join('  ')}${note}`);
  }
  output.say(`${verdict} ${tally(rows)}`.trimEnd());
  for (const file of files) output.say(`wrote ${show(file)}`);
  output.emit({ type: 'study-finished', name, verdict, seconds, files });
  output.say(`next  open ${show(files[0]!)} in a browser`);
}
