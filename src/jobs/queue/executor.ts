/**
 * Runs jobs through a queue: submitted here, done by the workers of the queue, possibly also by child processes of this
 * one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WeftError } from '../../errors.js';
import { type Executor, type Job } from '../contract.js';
import { createProcessPool, type ProcessPoolOptions } from '../process-pool.js';
import { createLedger } from '../ledger.js';
import { type Results } from '../results.js';
import { CHUNK, openQueue } from './job-queue.js';
import { isPassing, queueError } from './location.js';
import { type ServeOptions, serveQueue } from './serve.js';
import { writeQueueStatus } from './status-file.js';
import { createCollector, createProgressReader, submitMissing } from './submitter.js';

export interface QueueOptions extends ProcessPoolOptions {
  /** A folder, or `postgres://…`. */
  readonly queue: string;
  readonly results: Results;
  /** Number of concurrent jobs in child processes; for an embedded queue there are no others. */
  readonly workers: number;
  /** User files that jobs may load here. */
  readonly files?: readonly string[];
  /** Seconds until another attempt here after a transient failure, by its code. */
  readonly waits?: ServeOptions['waits'];
  /** Called if the database does not respond. */
  readonly onTrouble?: (message: string) => void;
  /** Seconds to wait at the start for a database that does not respond; 0 by default. */
  readonly patience?: number;
  /** Ends that waiting. */
  readonly signal?: AbortSignal;
}

const POLL_SECONDS = { first: 0.05, most: 1, away: 10 };
const PROGRESS_EVERY_SECONDS = 2;

/** An executor over a queue; its own workers serve everything in the queue. */
export async function createQueueExecutor({
  queue: where,
  results,
  workers,
  files = [],
  onTrouble = () => {},
  waits,
  patience,
  signal,
  ...poolOptions
}: QueueOptions): Promise<Executor> {
  const waiting = { ...(patience !== undefined && { patience }), ...(signal && { signal }) };
  const queue = await openQueue(where, { onTrouble, ...waiting });
  const ledger = createLedger(results);
  const pool = createProcessPool(poolOptions);
  let nudge = new AbortController();
  const wake = (): void => {
    nudge.abort();
    nudge = new AbortController();
  };
  const service =
    workers === 0
      ? undefined
      : serveQueue({
          queue,
          pool,
          results,
          slots: workers,
          files,
          onTrouble,
          ...(waits && { waits }),
          onEvent(event) {
            if (event.type === 'job-finished' || event.type === 'job-failed')
              wake(); // reported once it is read from the queue, like those of other workers
            else if (ledger.isOpen(event.key)) ledger.tell(event);
          },
        });
  service?.ended.catch((error: unknown) => {
    for (const job of ledger.openJobs()) ledger.fail(job, error);
  });

  const outbox = new Map<string, Job>();
  const submitter = { queue, ledger, outbox, onTrouble };
  const reportProgress = createProgressReader(submitter, workers);
  const collect = createCollector(submitter);
  let closed = false;

  async function poll(): Promise<void> {
    for (let wait = POLL_SECONDS.first, sinceProgress = 0; !closed;) {
      let moved = false;
      let failed = false;
      try {
        if (outbox.size > 0) {
          const batch = [...outbox.values()].slice(0, CHUNK);
          await queue.enqueue(batch);
          for (const { key } of batch) outbox.delete(key);
          service?.wake();
          moved = true;
        }
        if (await collect()) moved = true;
        if (sinceProgress > PROGRESS_EVERY_SECONDS) {
          sinceProgress = 0;
          await reportProgress();
          await submitMissing(submitter);
          if (queue.location.kind === 'folder') writeQueueStatus(queue.location.path, await queue.status());
        }
      } catch (error) {
        failed = isPassing(error);
        if (failed) onTrouble(`${queueError(error, queue.location).message}; trying again`);
        else for (const job of ledger.openJobs()) ledger.fail(job, queueError(error, queue.location));
      }
      wait = moved ? POLL_SECONDS.first : Math.min(failed ? POLL_SECONDS.away : POLL_SECONDS.most, 2 * wait);
      sinceProgress += wait;
      if (failed || outbox.size === 0) await sleep(1000 * wait, undefined, { signal: nudge.signal }).catch(() => {});
    }
  }
  const polling = poll();

  async function end(): Promise<void> {
    closed = true;
    wake();
    for (const job of ledger.openJobs()) ledger.leave(job, notWaitedFor(job));
    await polling;
    await service?.stop();
    await pool.close();
    await queue.close();
  }
  let ending: Promise<void> | undefined;

  return {
    submit(job) {
      if (closed) return Promise.reject(notWaitedFor(job));
      const { promise, isNew } = ledger.open(job);
      if (isNew) {
        outbox.set(job.key, job);
        wake();
      }
      return promise;
    },
    events: ledger.events,
    async cancel(key) {
      const cancelled = ledger.cancel(key).map((job) => job.key);
      for (const one of cancelled) outbox.delete(one);
      await queue.cancel(cancelled);
    },
    close: () => (ending ??= end()),
  };
}

const notWaitedFor = ({ label }: Job): WeftError =>
  new WeftError('job', `${label} was abandoned, because its submitter was closed`, 'submit it again');
