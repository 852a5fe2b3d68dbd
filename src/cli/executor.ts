/** The executor that the command line asks for, and what a person sees of its jobs. */
import { availableParallelism } from 'node:os';
import { jobProgram, type WithExecutor } from '../api/executing.js';
import { WeftError } from '../errors.js';
import {
  createLocalExecutor,
  createQueueExecutor,
  type Executor,
  type JobEvent,
  openResults,
  parseLocation,
  type Results,
} from '../jobs/index.js';
import { catchSignals, stopwatch } from '../runs/index.js';
import { type Output, show } from './output.js';
import { formatSeconds } from './progress.js';

export interface ExecutorOptions {
  executor?: 'local' | 'queue';
  queue?: string;
  workers?: number;
  threads?: number;
  results: string;
}

export { jobProgram };

/** The address of a queue: the option, else WEFT_QUEUE, which is not seen in the list of processes. */
export const queueAddress = (option: string | undefined): string | undefined =>
  option ?? (process.env['WEFT_QUEUE'] || undefined);

/** Opens the executor; `files` may be loaded by its jobs. */
export async function openExecutor(
  { executor, queue: option, workers, threads, results: folder }: ExecutorOptions,
  files: readonly string[],
  output: Output,
  signal?: AbortSignal,
): Promise<Executor> {
  const queue = queueAddress(option);
  const kind = executor ?? (option === undefined ? 'local' : 'queue');
  requireWhole('--threads', threads, 1);
  if (kind === 'local') {
    requireWhole('--workers', workers, 1, NOBODY_ELSE);
    return createLocalExecutor({
      program: jobProgram,
      results: openedResults(folder, output),
      files,
      ...(workers !== undefined && { workers }),
    });
  }
  if (queue === undefined)
    throw new WeftError(
      'config',
      '--executor queue needs a queue',
      'name one with --queue: a folder such as ./queue, or postgres://user@host/database',
    );
  const shared = parseLocation(queue).kind === 'postgres';
  requireWhole('--workers', workers, shared ? 0 : 1, NOBODY_ELSE);
  const own = shared ? 0 : availableParallelism();
  return createQueueExecutor({
    program: jobProgram,
    queue,
    results: openedResults(folder, output),
    files,
    workers: workers ?? own,
    onTrouble: (message) => output.say(message),
    patience: DATABASE_PATIENCE_SECONDS,
    ...(signal && { signal }),
  });
}

/** A database that does not answer at the beginning is waited for: it restarts, or is started by the same script. */
export const DATABASE_PATIENCE_SECONDS = 300;

/** The folder of results, which says what in it was damaged. */
export const openedResults = (folder: string, output: Output): Results =>
  openResults(folder, { onDamage: (message) => output.say(message) });

const NOBODY_ELSE = 'nobody else could do the jobs';

/** Refuses what is no whole number of at least `least`, where an option was given. */
export function requireWhole(option: string, value: number | undefined, least: number, why?: string): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw new WeftError(
    'config',
    `${option} must be a whole number of at least ${least}${why === undefined || value !== 0 ? '' : `: ${why}`}`,
    'leave it out for the default',
  );
}

/** Has the jobs of a verb done where the options say, showing how they stand. */
export const executing =
  (options: ExecutorOptions, output: Output): WithExecutor =>
  ({ total, files }, use) =>
    withExecutor(total, options, files, output, use);

/** Opens the executor for `total` jobs (undefined where that is not known), one depending on another perhaps, and shows how they stand; undefined when a signal ended it. */
export async function withExecutor<T>(
  total: number | undefined,
  options: ExecutorOptions,
  files: readonly string[],
  output: Output,
  use: (executor: Executor) => Promise<T>,
): Promise<T | undefined> {
  const stopping = new AbortController();
  let executor: Executor | undefined;
  const signals = catchSignals((signal) => {
    output.say(`${signal} received: saving what there is (again to stop at once)`);
    stopping.abort();
    executor?.close().catch(() => {}); // waited for below, where its failure is told
  });
  const view = createJobView(total, output);
  try {
    executor = await openExecutor(options, files, output, stopping.signal);
    executor.events(view.event);
    stopping.signal.throwIfAborted();
    return await use(executor);
  } catch (error) {
    if (!signals.requested) {
      await executor?.cancel().catch(() => {}); // the first failure is the one to tell about
      throw error;
    }
    output.say(`stopped. ${whatIsLeft(view.open(), options)}`);
    process.exitCode = signals.exitCode;
    return undefined;
  } finally {
    view.close();
    await executor?.close();
    signals.dispose();
    output.say(`results in ${show(options.results)}`);
  }
}

/** What becomes of `open` unfinished jobs when their submitter stops, and how to go on. */
function whatIsLeft(open: number, { executor, queue }: ExecutorOptions): string {
  const again = 'The same command goes on from here.';
  if (open === 0 || (executor ?? (queue === undefined ? 'local' : 'queue')) === 'local') return again;
  const jobs = open === 1 ? 'The unfinished job stays' : `The ${open} unfinished jobs stay`;
  return parseLocation(queueAddress(queue)!).kind === 'postgres'
    ? `${jobs} in the queue, and its workers do them. The same command waits for them again, and collects the results.`
    : `${jobs} in the queue. ${again}`;
}

const REDRAW_SECONDS = 0.2;

interface Running {
  readonly label: string;
  share: number;
  loss: number | undefined;
}

/** A line for each job that ends, and below how those stand that run; `open` counts those that were queued and have not ended. `total` is how many there are, where that is known. */
export function createJobView(
  total: number | undefined,
  output: Output,
): { event(event: JobEvent): void; open(): number; close(): void } {
  const watch = stopwatch();
  const running = new Map<string, Running>();
  const open = new Set<string>();
  let finished = 0;
  let known = 0;
  let drawn = -Infinity;
  const draw = (): void => {
    if (watch.elapsed() - drawn < REDRAW_SECONDS) return;
    drawn = watch.elapsed();
    const part = finished - known + [...running.values()].reduce((sum, { share }) => sum + share, 0);
    const left =
      total === undefined || part < 0.05
        ? ''
        : `, about ${formatSeconds((drawn / part) * (total - known - part))} left`;
    const summary = `${finished}${total === undefined ? '' : `/${total}`} done, ${running.size} running, ${formatSeconds(drawn)} so far${left}`;
    const lines = [
      ...[...running.values()].map(
        ({ label, share, loss }) =>
          `${String(Math.round(100 * share)).padStart(3)} %  ${label}${loss === undefined ? '' : `  loss ${loss.toFixed(3)}`}`,
      ),
      summary,
    ];
    output.status(lines, summary);
  };
  return {
    event(event) {
      output.emit(event);
      const { key, label } = event;
      if (event.type === 'job-queued') open.add(key);
      else if (ENDS.has(event.type)) open.delete(key);
      if (event.type === 'job-started') running.set(key, { label, share: 0, loss: undefined });
      else if (event.type === 'job-progress')
        running.set(key, {
          label,
          share: event.total > 0 ? event.done / event.total : 0,
          loss: event.partial?.['loss'],
        });
      else if (event.type !== 'job-queued') running.delete(key);
      if (event.type === 'job-finished') {
        finished++;
        if (event.known) known++;
      }
      const line = describe(event);
      if (line !== undefined) output.say(line);
      draw();
    },
    open: () => open.size,
    close: () => output.status([]),
  };
}

const ENDS: ReadonlySet<string> = new Set(['job-finished', 'job-failed', 'job-cancelled'] satisfies JobEvent['type'][]);

function describe(event: JobEvent): string | undefined {
  switch (event.type) {
    case 'job-finished': {
      const { test, accuracy } = (event.value ?? {}) as { test?: { accuracy?: number }; accuracy?: number };
      const [part, share] = test ? ['test', test.accuracy] : ['validation', accuracy];
      const result = share === undefined ? '' : `  ${part} ${(100 * share).toFixed(2)} %`;
      return `${event.known ? 'known' : 'done '}  ${event.label}${result}${event.known || event.seconds === 0 ? '' : `  in ${formatSeconds(event.seconds)}`}`;
    }
    case 'job-retried':
      return `again  ${event.label}: ${event.reason}`;
    case 'job-failed':
      return `failed ${event.label}: ${event.message}`;
    default:
      return undefined;
  }
}
