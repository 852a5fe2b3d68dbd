/** `weft search` and `weft resume`. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { runArguments } from '../../api/hints.js';
import { findRecipe } from '../../api/recipes.js';
import {
  type ResumeRequest,
  resumeSearch,
  runSearch,
  type SearchOutcome,
  type SearchRequest,
} from '../../api/search.js';
import { type TrustOptions } from '../../api/trust.js';
import {
  checkConfig,
  loadWritten,
  parseOverrides,
  type RawConfig,
  type SearchConfig,
  type SearchConfigInput,
} from '../../config/index.js';
import { mayPass, WeftError } from '../../errors.js';
import { isOwnFile } from '../../jobs/files.js';
import { catchSignals, runFiles } from '../../runs/index.js';
import { remainingUnits } from '../../search/advance.js';
import { networkFiles } from '../../search/finished.js';
import { createProgress, type UnitCosts } from '../../search/progress.js';
import { type ExecutorOptions } from '../executor.js';
import { createLiveView, sayReading } from '../live-view.js';
import { createOutput, type Output, show } from '../output.js';
import { sayPlan } from '../plan-words.js';
import { formatSeconds } from '../progress.js';

export interface SearchOptions extends Partial<ExecutorOptions> {
  seeds?: string;
  recipe?: string;
  config?: string;
  space?: string;
  controller?: string;
  preset?: string;
  data?: string;
  label?: string;
  task?: SearchConfig['data']['task'];
  seed?: number;
  epochs?: number;
  objectives?: string;
  budget?: string;
  set?: string[];
  name?: string;
  runs: string;
  backend?: SearchConfig['backend'];
  json?: boolean;
}

/** Starts a search in a new run directory. */
export async function search(options: SearchOptions): Promise<void> {
  const config = writtenConfig(options);
  const { seeds, executor, queue, results = 'runs/jobs' } = options;
  if (seeds === undefined && executor === undefined && queue === undefined)
    return startSearch(options, (watching) => runSearch({ ...watching, config, followData: true }));
  const { parseSeeds, searchManySeeds } = await import('./parallel-runs.js');
  await searchManySeeds(
    seeds === undefined ? [checkConfig(config).seed] : parseSeeds(seeds),
    config,
    { ...options, results },
    createOutput(options),
  );
}

/** Starts a search, or the training of one architecture, in a new run directory. */
export async function startSearch(
  options: { runs: string; name?: string; json?: boolean },
  work: (watching: Starting) => Promise<SearchOutcome>,
): Promise<void> {
  const output = createOutput(options);
  await watched(output, (watching) =>
    work({
      ...watching,
      runs: options.runs,
      already: process.uptime(),
      ...(options.name !== undefined && { name: options.name }),
      onStart(run, backend, account) {
        watching.onStart(run);
        const slow = backend === 'wasm' || backend === 'cpu';
        output.say(
          `${show(run)} · backend ${backend}${slow ? ' (the native library is faster: weft setup installs it)' : ''}`,
        );
        for (const line of account) output.say(`  ${line}`);
      },
      onPlan(plan, unitCosts) {
        watching.onPlan(unitCosts);
        output.emit({ type: 'plan', ...plan });
        output.say(sayPlan(plan));
      },
    }),
  );
}

type Starting = Omit<Watching, 'onStart' | 'onPlan'> &
  Pick<Required<SearchRequest>, 'runs' | 'already' | 'onStart' | 'onPlan'> &
  Pick<SearchRequest, 'name'>;

export interface ResumeOptions extends TrustOptions {
  data?: string;
  budget?: string;
  allowChangedEnvironment?: boolean;
  json?: boolean;
}

/** Resumes a run from its last checkpoint; for a finished one, recreates anything missing. */
export async function resume(directory: string, { json, ...options }: ResumeOptions): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { trust, file, data } = options;
  const outcome = await watched(output, (watching) =>
    resumeSearch(directory, {
      ...watching,
      trust,
      file,
      data,
      budget: options.budget === undefined ? undefined : parseDuration(options.budget),
      allowChangedEnvironment: options.allowChangedEnvironment,
      onStart(run) {
        watching.onStart(run);
        output.say(`${show(run)} · resumed`);
      },
    }),
  );
  if (!outcome) return;
  if (outcome.restored.length > 0) output.say(`restored, because missing or damaged: ${outcome.restored.join(', ')}`);
  if (outcome.lost.length > 0)
    output.say(`missing, and cannot be restored without a new search: ${outcome.lost.join(', ')}`);
}

type Watching = Pick<Required<ResumeRequest>, 'onRead' | 'onEvent' | 'onUnit' | 'shouldStop' | 'onWait'> & {
  onStart(run: string): void;
  /** Called with the seconds that a unit of each phase takes. */
  onPlan(unitCosts: UnitCosts): void;
};

/** Shows the work in progress, lets signals stop it, and reports the result; undefined if it was stopped. */
async function watched<O extends SearchOutcome>(
  output: Output,
  work: (watching: Watching) => Promise<O>,
): Promise<O | undefined> {
  const signals = catchSignals((signal) =>
    output.say(`${signal} received: saving a checkpoint (press again to stop immediately)`),
  );
  const view = createLiveView(output);
  let progress = createProgress();
  let started: string | undefined;
  try {
    const outcome = await work({
      onStart: (run) => (started = run),
      onPlan: (unitCosts) => (progress = createProgress(unitCosts)),
      onWait: (message) => output.say(message),
      onRead: sayReading(output),
      onEvent: (event) => view.event(event),
      onUnit(session, phase, seconds, elapsed) {
        progress.note(phase, seconds);
        view.tick(session, elapsed, progress.left(remainingUnits(session)));
      },
      shouldStop: () => signals.requested !== undefined,
    });
    view.close();
    const { run, summary, report } = outcome;
    if (!summary) {
      output.say(`stopped. Continue with: weft resume ${runArguments(run)}`);
      process.exitCode = signals.exitCode;
      return undefined;
    }
    if (started === undefined) output.say(`${show(run)} is finished.`);
    else {
      output.emit({ type: 'summary', run, ...summary });
      output.say(
        `done in ${sayTime(summary.elapsedSeconds)}, at most ${Math.round(summary.peakMemoryMB)} MB of memory`,
      );
    }
    sayNext(output, run, report!, { wrote: started !== undefined, answers: summary.test?.perplexity === undefined });
    return outcome;
  } catch (error) {
    view.close();
    if (started !== undefined) sayKept(output, started, error);
    throw error;
  } finally {
    signals.dispose();
  }
}

/** The time of this command, with start, tests and report, and that of the run's training if a resume continued it. */
function sayTime(trainingSeconds: number): string {
  const command = process.uptime();
  const earlier = trainingSeconds > command ? ` (all training: ${formatSeconds(trainingSeconds)})` : '';
  return formatSeconds(command) + earlier;
}

/**
 * What remains of a run that ended in an error, and whether resuming would help: a wrong configuration or diverging
 * data would recur.
 */
function sayKept(output: Output, run: string, error: unknown): void {
  if (!existsSync(run)) return;
  output.say(
    mayPass(error)
      ? `stopped by an error; saved work is kept. Continue with: weft resume ${runArguments(run)}`
      : `stopped by an error; saved work is kept in ${show(run)}`,
  );
}

/**
 * The files of the run, if this command `wrote` them, and how to use them; a language model `answers` no single
 * examples.
 */
function sayNext(
  output: Output,
  run: string,
  report: string,
  { wrote, answers }: Record<'wrote' | 'answers', boolean>,
): void {
  const { card, weights, sharedWeights } = networkFiles(run);
  const trained = existsSync(weights);
  if (wrote)
    output.say(
      `wrote ${show(runFiles(run).summary)}, ${basename(trained ? weights : sharedWeights)}, ${basename(card)}`,
    );
  output.say(`open  ${show(report)}`);
  if (trained) {
    output.say(`next  weft export ${runArguments(run)}      (a web page, ONNX and TensorFlow.js)`);
    if (answers) output.say(`      weft predict ${runArguments(run)} FILES    (answers for new images or rows)`);
    output.say(`      weft evaluate ${runArguments(run)}    (test the network again)`);
  } else output.say(`next  weft derive ${runArguments(run)} --retrain-top 3    (train the best from scratch)`);
}

/** Recipe or file, then flags on top: the values that the user set, without defaults. */
export function writtenConfig(options: SearchOptions): SearchConfigInput {
  if (options.recipe !== undefined && options.config !== undefined)
    throw new WeftError(
      'config',
      '--recipe and --config cannot be combined',
      'choose one; --set changes single fields',
    );
  const flags: RawConfig = {
    ...(options.recipe !== undefined && { recipe: options.recipe }),
    ...(options.space !== undefined && { space: { name: options.space } }),
    ...(options.objectives !== undefined && {
      objectives: options.objectives.split(',').map((text) => {
        const name = text.trim();
        return isOwnFile(name) ? { name: 'own', part: name } : name;
      }),
    }),
    ...((options.controller ?? options.preset ?? options.objectives) !== undefined && {
      controller: {
        name: options.controller ?? (options.objectives === undefined ? 'enas' : 'nsga2'),
        ...(options.preset !== undefined && { preset: options.preset }),
      },
    }),
    ...((options.data ?? options.task ?? options.label) !== undefined && {
      data: {
        ...(options.data !== undefined && { source: options.data }),
        ...(options.label !== undefined && { label: labelColumns(options.label) }),
        ...(options.task !== undefined && { task: options.task }),
      },
    }),
    ...(options.epochs !== undefined && { search: { epochs: options.epochs } }),
    seed: options.seed,
    backend: options.backend,
    budget: options.budget === undefined ? undefined : parseDuration(options.budget),
  };
  const file = options.recipe === undefined ? options.config : findRecipe(options.recipe);
  return loadWritten(file, flags, parseOverrides(options.set)).written;
}

/**
 * Converts `90s`, `10m`, `1.5h` to seconds. Throws WeftError('config') without a unit: 10 may mean seconds or minutes.
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(s|m|h)?$/.exec(text.trim()) ?? [];
  if (amount === undefined)
    throw new WeftError('config', `'${text}' is not a length of time`, 'write for example 90s, 10m or 1.5h');
  if (unit === undefined)
    throw new WeftError('config', `'${text}' has no unit of time`, `write ${amount}s, ${amount}m or ${amount}h`);
  return Number(amount) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
}

/**
 * One column as written, or several separated by commas; a column whose name contains a comma is set in the
 * configuration.
 */
function labelColumns(text: string): string | string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === ''))
    throw new WeftError('config', `--label '${text}' has an empty name`, 'give names with commas between them');
  return names.length === 1 ? names[0]! : names;
}
