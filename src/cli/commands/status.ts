/** `weft status`: where runs stand. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { WeftError } from '../../errors.js';
import {
  listCheckpoints,
  listRuns,
  openRun,
  readSummary,
  runFiles,
  type RunSummary,
  tailEvents,
} from '../../runs/index.js';
import { optimizerName } from '../../optimizers/name.js';
import { significant } from '../../report/format.js';
import { sayMeasures } from '../../training/language.js';
import { runArguments } from '../../api/hints.js';
import { createOutput } from '../output.js';

interface Standing {
  readonly run: string;
  readonly state: 'finished' | 'unfinished' | 'not started' | 'damaged';
  readonly detail: string;
  readonly seed?: number;
  /** By name: of the search, then of retraining where that is another. */
  readonly optimizer?: string;
  readonly architecture?: string;
}

/** Prints one run in detail, or a line for each. */
export function status(directory: string | undefined, options: { runs: string; json?: boolean }): void {
  const output = createOutput(options);
  const paths = directory === undefined ? listRuns(options.runs) : [openRun(directory).path];
  if (paths.length === 0) output.say(`no runs under ${options.runs} yet. Start one with:  weft search --recipe digits`);
  for (const path of paths) {
    const standing = standingOf(path);
    output.emit({ type: 'status', ...standing, run: path });
    output.say(
      [
        standing.run.padEnd(44),
        standing.state.padEnd(11),
        (standing.seed === undefined ? '' : `seed ${standing.seed}`).padEnd(8),
        standing.detail,
        standing.optimizer && `· ${standing.optimizer}`,
      ]
        .filter(Boolean)
        .join(' '),
    );
  }
  if (directory === undefined || paths.length === 0) return;
  const [path] = paths as [string];
  const standing = standingOf(path);
  if (standing.architecture) output.say(`  ${standing.architecture}`);
  // Nobody has trusted the code that the run names: a hint that loads it could be pasted without a look.
  output.say(`next  weft ${standing.state === 'finished' ? 'report' : 'resume'} ${runArguments(path, {})}`);
}

function standingOf(path: string): Standing {
  const run = basename(path);
  let known: Pick<Standing, 'seed' | 'optimizer'>;
  try {
    const { manifest, config } = openRun(path);
    known = { seed: manifest.seed, ...optimizersOf(config, manifest.facts['architecture'] !== undefined) };
  } catch (error) {
    if (error instanceof WeftError) return { run, state: 'damaged', detail: error.message.split('\n', 1)[0]! };
    throw error;
  }
  return { ...known, ...progressOf(path, run) };
}

/** The optimizers that a configuration names; of an architecture that was given only retraining's. */
function optimizersOf(config: unknown, given: boolean): Pick<Standing, 'optimizer'> {
  const { search, retrain } = config as Record<
    'search' | 'retrain',
    { readonly optimizer?: { readonly name: string }; readonly epochs?: number } | undefined
  >;
  const names = [given ? undefined : search?.optimizer, retrain?.epochs === 0 ? undefined : retrain?.optimizer]
    .filter((one) => one !== undefined)
    .map(optimizerName);
  return names.length === 0 ? {} : { optimizer: [...new Set(names)].join(', then ') };
}

function progressOf(path: string, run: string): Standing {
  try {
    const summary = readSummary(path);
    if (summary) {
      const detail = summary.test
        ? `test ${sayTest(summary.test)} in ${Math.round(summary.elapsedSeconds)} s`
        : 'derived, not retrained';
      return { run, state: 'finished', detail, architecture: summary.derived.architecture };
    }
    const { events } = runFiles(path);
    const last = existsSync(events) ? tailEvents(events, 1)[0] : undefined;
    if (!last) return { run, state: 'not started', detail: 'no events yet' };
    const where = ['epoch', 'step', 'round', 'index']
      .filter((field) => typeof last[field] === 'number')
      .map((field) => `${field} ${last[field] as number}`)
      .join(', ');
    return {
      run,
      state: 'unfinished',
      detail: `last: ${last.type}${where ? ` (${where})` : ''}; ${listCheckpoints(path).length} checkpoints`,
    };
  } catch (error) {
    if (error instanceof WeftError) return { run, state: 'unfinished', detail: error.message };
    throw error;
  }
}

function sayTest({ accuracy, loss, perplexity, bitsPerCharacter, targets }: NonNullable<RunSummary['test']>): string {
  if (targets)
    return targets.map(({ name, rmse }) => `root mean squared error ${significant(rmse)} (${name})`).join(', ');
  if (perplexity !== undefined)
    return sayMeasures({ perplexity, ...(bitsPerCharacter !== undefined && { bitsPerCharacter }) });
  return accuracy === undefined ? `loss ${loss.toFixed(4)}` : `accuracy ${(100 * accuracy).toFixed(2)} %`;
}
