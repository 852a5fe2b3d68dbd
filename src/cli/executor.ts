/** The executor selected on the command line, and the display of its jobs. */
import { inProcesses, type JobsOptions, requireWhole, type WithExecutor } from '../api/executors.js';
import { inQueue, queueAddress } from '../api/queue.js';
import { WeftError } from '../errors.js';
import { type JobEvent, parseLocation } from '../jobs/index.js';
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

/** Runs the jobs of a command on the selected executor, and shows their state; a signal stops them. */
export const executing =
  (options: ExecutorOptions, output: Output): WithExecutor =>
  async (jobs, use) => {
    const stopping = new AbortController();
    const signals = catchSignals((signal) => {
      output.say(`${signal} received: saving the work done so far (press again to stop immediately)`);
      stopping.abort();
    });
    const view = createJobView(jobs.total, output);
    try {
      const done = await executorOf(options, {
        results: options.results,
        signal: stopping.signal,
        onJob: view.event,
        onTrouble: (message) => output.say(message),
      })(jobs, use);
      if (done !== undefined || !signals.requested) return done;
      output.say(`stopped. ${whatIsLeft(view.open(), options)}`);
      process.exitCode = signals.exitCode;
      return undefined;
    } finally {
      view.close();
      signals.dispose();
      output.say(`results in ${show(options.results)}`);
    }
  };

/** The executor that the options name. */
export function executorOf({ executor, queue, workers, threads }: ExecutorOptions, jobs: JobsOptions): WithExecutor {
  requireWhole('threads', threads, 1);
  if ((executor ?? (queue === undefined ? 'local' : 'queue')) === 'local') return inProcesses({ ...jobs, workers });
  if (queueAddress(queue) === undefined)
    throw new WeftError(
      'config',
      '--executor queue needs a queue',
      'name one with --queue: a folder such as ./queue, or postgres://user@host/database',
    );
  return inQueue({ ...jobs, queue, workers });
}

/** The fate of `open` unfinished jobs when their submitter stops, and how to continue. */
function whatIsLeft(open: number, { executor, queue }: ExecutorOptions): string {
  const again = 'Run the same command to continue.';
  if (open === 0 || (executor ?? (queue === undefined ? 'local' : 'queue')) === 'local') return again;
  const jobs = open === 1 ? 'The unfinished job stays' : `The ${open} unfinished jobs stay`;
  return parseLocation(queueAddress(queue)!).kind === 'postgres'
    ? `${jobs} in the queue, and its workers do them. Run the same command to wait for them and collect the results.`
    : `${jobs} in the queue. ${again}`;
}

const REDRAW_SECONDS = 0.2;

interface Running {
  readonly label: string;
  share: number;
  loss: number | undefined;
}

/**
 * A line for each job that ends, and below it the state of the running ones; `open` counts those that were queued and
 * have not ended. `total` is their number, if known.
 */
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
      // Units of studies have other kinds of results.
      const { test, accuracy } = (event.value ?? {}) as { test?: { accuracy?: number }; accuracy?: unknown };
      const [part, share] = test ? ['test', test.accuracy] : ['validation', accuracy];
      const result = typeof share !== 'number' ? '' : `  ${part} ${(100 * share).toFixed(2)} %`;
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
