/** `weft status`: the state of runs. */
import { basename } from 'node:path';
import { runArguments } from '../../api/hints.js';
import { describeRun, listRuns, type RunStatus } from '../../api/status.js';
import { significant } from '../../report/format.js';
import { type RunSummary } from '../../runs/index.js';
import { sayMeasures } from '../../training/language.js';
import { createOutput } from '../output.js';

/** Prints one run in detail, or a line for each. */
export function status(directory: string | undefined, options: { runs: string; json?: boolean }): void {
  const output = createOutput(options);
  const standings = directory === undefined ? listRuns(options.runs) : [describeRun(directory)];
  if (standings.length === 0)
    output.say(`no runs under ${options.runs} yet. Start one with:  weft search --recipe digits`);
  for (const standing of standings) {
    const { run, state, seed, optimizer, summary } = standing;
    const architecture = summary?.derived.architecture;
    const detail = detailOf(standing);
    output.emit({
      type: 'status',
      run,
      state,
      detail,
      ...(seed !== undefined && { seed }),
      ...(optimizer !== undefined && { optimizer }),
      ...(architecture !== undefined && { architecture }),
    });
    const words = [
      basename(run).padEnd(44),
      state.padEnd(11),
      (seed === undefined ? '' : `seed ${seed}`).padEnd(8),
      detail,
      optimizer && `· ${optimizer}`,
    ];
    output.say(words.filter(Boolean).join(' '));
  }
  if (directory === undefined) return;
  const [{ run, state, summary }] = standings as [RunStatus];
  if (summary) output.say(`  ${summary.derived.architecture}`);
  // The code that the run names has not been trusted: a hint that loads it could be pasted without checking.
  output.say(`next  weft ${state === 'finished' ? 'report' : 'resume'} ${runArguments(run, [])}`);
}

function detailOf({ reason, summary, last, checkpoints }: RunStatus): string {
  if (reason !== undefined) return reason;
  if (summary)
    return summary.test
      ? `test ${sayTest(summary.test)} in ${Math.round(summary.elapsedSeconds)} s`
      : 'derived, not retrained';
  if (!last) return 'no events yet';
  const where = ['epoch', 'step', 'round', 'index']
    .filter((field) => typeof last[field] === 'number')
    .map((field) => `${field} ${last[field] as number}`)
    .join(', ');
  return `last: ${last.type}${where ? ` (${where})` : ''}; ${checkpoints} checkpoints`;
}

function sayTest({
  accuracy,
  loss,
  perplexity,
  bitsPerCharacter,
  targets,
  labels,
}: NonNullable<RunSummary['test']>): string {
  if (targets)
    return targets.map(({ name, rmse }) => `root mean squared error ${significant(rmse)} (${name})`).join(', ');
  if (perplexity !== undefined)
    return sayMeasures({ perplexity, ...(bitsPerCharacter !== undefined && { bitsPerCharacter }) });
  if (labels) return `macro F1 ${labels.macroF1.toFixed(3)}`;
  return accuracy === undefined ? `loss ${loss.toFixed(4)}` : `accuracy ${(100 * accuracy).toFixed(2)} %`;
}
