/** The process that runs jobs: it computes, and blocks meanwhile; the process that started it watches over it. */
import { type WeftErrorCode } from '../errors.js';
import { typedError } from '../own-errors.js';
import { type JsonObject } from '../runs/index.js';
import { type Job, type JobProgress, type JobRunners } from './contract.js';
import { endWithParent } from './orphan.js';
import { runnerOf } from './runner.js';
import { checkJob } from './schema.js';

/** The messages to the child. */
export type Order =
  | {
      readonly type: 'do';
      readonly job: Job;
      readonly folder: string;
      readonly files: readonly string[];
    }
  /** Save the current state, and exit. */
  | { readonly type: 'stop' };

/** The messages from the child. */
export type Answer =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly report: JobProgress }
  | { readonly type: 'done'; readonly value: JsonObject; readonly memoryMB: number }
  | {
      readonly type: 'failed';
      readonly code: WeftErrorCode | null;
      readonly message: string;
      readonly hint: string | null;
    };

const QUIET_NANOSECONDS = 200_000_000n;

/** Runs the jobs sent by the parent process, until the parent exits or sends stop. */
export function serveJobs(runners: JobRunners): void {
  endWithParent();
  let stopping = false;
  let busy = false;
  let told = 0n;
  const say = (answer: Answer): void => void (process.connected && process.send!(answer));
  /** Units may take a millisecond: a few messages per second are enough. */
  const progress = (report: JobProgress): void => {
    const now = process.hrtime.bigint();
    if (now - told < QUIET_NANOSECONDS) return;
    told = now;
    say({ type: 'progress', report });
  };
  const stop = (): void => {
    stopping = true;
    if (!busy) process.exit(0);
  };
  // The parent decides: a Ctrl-C in the terminal reaches all of its processes.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('disconnect', stop);
  process.on('message', (order: Order) => {
    if (order.type === 'stop') stop();
    else void perform(order);
  });

  async function perform({ job, folder, files }: Extract<Order, { type: 'do' }>): Promise<void> {
    busy = true;
    try {
      const { kind, key, payload } = checkJob(job);
      const run = runnerOf(runners, kind);
      const value = await run(payload, { key, folder, files, progress, shouldStop: () => stopping });
      say({ type: 'done', value, memoryMB: process.memoryUsage.rss() / 2 ** 20 });
    } catch (error) {
      const known = typedError(error);
      say({
        type: 'failed',
        code: known?.code ?? null,
        message: known?.message ?? (error as Error).stack ?? String(error),
        hint: known?.hint ?? null,
      });
    }
    busy = false;
    if (stopping) process.disconnect?.(); // pending messages are sent first; nothing else keeps the process alive
  }
  say({ type: 'ready' });
}
