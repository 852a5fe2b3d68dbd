/** `weft study`: measurements with a published or calibrated answer. */
import { join } from 'node:path';
import { catchSignals, stopwatch } from '../../runs/index.js';
import { parseOverrides, type SearchConfig, withOverrides } from '../../config/index.js';
import {
  type FinishedStudy,
  loadStudy,
  measuredText,
  parseStudyOptions,
  performOn,
  type PerformUnits,
  runStudy,
  studyNames,
  StudyStopped,
  tally,
  verdictOf,
} from '../../studies/index.js';
import { loadBackend } from '../../tensor/backend.js';
import { type ExecutorOptions, withExecutor } from '../executor.js';
import { createOutput, show } from '../output.js';
import { formatSeconds } from '../progress.js';
import { loadController, loadSpace } from '../../api/registry.js';

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
  if (name === undefined) {
    for (const each of studyNames) {
      const { summary, reference, minutes } = await loadStudy(each);
      output.emit({ type: 'study', name: each, summary, reference, minutes });
      output.say(`  ${each.padEnd(20)} ${summary} (about ${minutes} min)`);
    }
    output.say(studyNames.length > 0 ? `next  weft study ${studyNames[0]}` : 'there are no studies yet');
    return;
  }
  const found = await loadStudy(name);
  const chosen = withOverrides({}, parseOverrides(options.set));
  parseStudyOptions(found, chosen); // before the backend is loaded, which takes seconds
  output.say(`${found.name} · backend ${await loadBackend(options.backend)} · about ${found.minutes} min on two cores`);
  const signals = catchSignals();
  const watch = stopwatch();
  try {
    const run = (perform?: PerformUnits): Promise<FinishedStudy> =>
      runStudy(found, {
        options: chosen,
        seed: options.seed,
        folder: options.out ?? join(options.runs, `study-${name}`),
        parts: { space: loadSpace, controller: loadController },
        progress(message, done) {
          output.emit({ type: 'progress', message, ...(done !== undefined && { done }) });
          output.status([
            `${done === undefined ? '' : `${Math.round(100 * done)} %  `}${message}  ${formatSeconds(watch.elapsed())}`,
          ]);
        },
        shouldStop: () => signals.requested !== undefined,
        ...(perform && { perform }),
      });
    const { executor, queue, results = 'runs/jobs', threads } = options;
    const finished =
      executor === undefined && queue === undefined
        ? await run()
        : await withExecutor(undefined, { ...options, results }, [], output, (opened) =>
            run(performOn(opened, found, threads)),
          );
    if (!finished) return;
    const { rows, verdict, files, seconds } = finished;
    for (const row of rows) {
      output.emit({ type: 'row', ...row });
      output.say(
        `  ${row.id.padEnd(24)} ${measuredText(row).padStart(12)}  ${row.gate.padEnd(28)} ${verdictOf(row).padEnd(12)} ${row.quantity}${row.note ? ` (${row.note})` : ''}`,
      );
    }
    output.say(`${verdict} ${tally(rows)}`.trimEnd());
    for (const file of files) output.say(`wrote ${show(file)}`);
    output.emit({ type: 'study-finished', name, verdict, seconds, files });
    output.say(`next  open ${show(files[0]!)} in a browser`);
  } catch (error) {
    if (!(error instanceof StudyStopped)) throw error;
    output.say('stopped; nothing was written');
    process.exitCode = signals.exitCode;
  } finally {
    signals.dispose();
  }
}
