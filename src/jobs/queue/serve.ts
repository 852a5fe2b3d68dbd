/**
 * A worker: takes jobs from a queue and runs them in child processes. This process holds the leases and their
 * heartbeats, and never computes itself, because computing blocks a process for longer than a heartbeat may be late.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { WeftError, type WeftErrorCode } from '../../errors.js';
import { stopwatch } from '../../runs/index.js';
import { type JobEvent, type JobProgress } from '../contract.js';
import { type ProcessPool } from '../process-pool.js';
import { resultText } from '../job.js';
import { type Results } from '../results.js';
import { describeVersion } from '../version.js';
import { type JobQueue, type Lease } from './job-queue.js';
import { queueError } from './location.js';
import { retryUntilResponse } from './retry.js';

export interface ServeOptions {
  readonly queue: JobQueue;
  readonly pool: ProcessPool;
  /** The working folder of jobs, and the folder for results produced here. */
  readonly results: Results;
  /** Number of concurrent jobs. */
  readonly slots: number;
  /** User files that jobs may load. */
  readonly files?: readonly string[];
  readonly onEvent?: (event: JobEvent) => void;
  /** Called if the database does not respond. */
  readonly onTrouble?: (message: string) => void;
  /** Seconds until another attempt after a transient failure, by its code. */
  readonly waits?: Partial<Record<WeftErrorCode, number>>;
  /** Ends when the queue is empty, instead of waiting for more. */
  readonly untilEmpty?: boolean;
}

export interface Service {
  /** Settles when the worker has ended: rejects if the queue can no longer be used. */
  readonly ended: Promise<void>;
  /** Checks for jobs immediately. */
  wake(): void;
  /** Saves jobs in progress and returns them; does not wait for a database that does not respond. */
  stop(): Promise<void>;
}

/** A third of the time that a heartbeat may be late. */
const RENEW_SECONDS = 5;
/** Number of renewals per progress report: a thousand workers must not keep a database busy with reports. */
const RENEWALS_A_REPORT = 2;
const IDLE_REPORT_SECONDS = 10;
const IDLE_SECONDS = { first: 0.05, most: 1 };
/** A job that needs another worker is left to others for this long before this one may receive it again. */
const RIGHT_WORKER_SECONDS = 30;
/** Failures that another attempt, later or elsewhere, may avoid, and the delay before it. */
const WAITS: Partial<Record<WeftErrorCode, number>> = { disk: 30, backend: 10, data: 10, job: 10 };

/** Starts serving a queue. */
export function serveQueue({
  queue,
  pool,
  results,
  slots,
  files = [],
  onEvent = () => {},
  onTrouble = () => {},
  waits = WAITS,
  untilEmpty = false,
}: ServeOptions): Service {
  const stopping = new AbortController();
  let idle = new AbortController();
  const wake = (): void => {
    idle.abort();
    idle = new AbortController();
  };
  stopping.signal.addEventListener('abort', wake);

  /** Retries the database until it responds, or this worker has to stop. */
  const patiently = <T>(ask: () => Promise<T>): Promise<T> =>
    retryUntilResponse(ask, queue.location, { patience: Infinity, signal: stopping.signal, onTrouble });

  async function slot(name: string): Promise<void> {
    const watch = stopwatch();
    let told = -Infinity;
    for (let wait = IDLE_SECONDS.first; !stopping.signal.aborted;) {
      const lease = await unlessStopping(patiently(() => queue.take()));
      if (lease) {
        wait = IDLE_SECONDS.first;
        told = -Infinity;
        await perform(lease, name);
        continue;
      }
      if (untilEmpty || stopping.signal.aborted) break;
      if (watch.elapsed() - told > IDLE_REPORT_SECONDS) {
        await unlessStopping(patiently(() => queue.report({ worker: name, key: null, label: null })));
        await tellOthers().catch(() => {}); // informational only: the next report will include it
        told = watch.elapsed();
      }
      await sleep(1000 * wait, undefined, { signal: idle.signal }).catch(() => {});
      wait = Math.min(IDLE_SECONDS.most, 2 * wait);
    }
    await queue.forget(name).catch(() => {});
  }

  /**
   * The database is unreachable when the worker has to stop: its jobs in progress are recovered through their missing
   * heartbeats.
   */
  async function unlessStopping<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
      onTrouble(`${(error as Error).message}; another worker has the job when its heartbeat is missed`);
      return undefined;
    }
  }

  /** Reports jobs that wait for workers of another version, whenever that changes. */
  async function tellOthers(): Promise<void> {
    const words = (await queue.status()).others
      .filter(({ waiting }) => waiting > 0)
      .map(
        ({ version, waiting }) => `${waiting} ${waiting === 1 ? 'job waits' : 'jobs wait'} for a worker of ${version}`,
      )
      .join(', ');
    if (words !== '' && words !== toldOthers)
      onTrouble(`${words}; this one is of ${describeVersion(queue.version)} and leaves them`);
    toldOthers = words;
  }
  let toldOthers = '';

  async function perform(lease: Lease, worker: string): Promise<void> {
    const { job, attempt } = lease;
    const { key, kind, label } = job;
    const watch = stopwatch();
    const known = results.find(key);
    if (known) {
      await unlessStopping(patiently(() => queue.complete(lease, resultText(known))));
      onEvent({ type: 'job-finished', key, label, known: true, seconds: 0, value: known.value });
      return;
    }
    onEvent({ type: 'job-started', key, label, worker, attempt });
    const lost = new AbortController();
    const signal = AbortSignal.any([stopping.signal, lost.signal]);
    const latest: { report: JobProgress } = { report: { done: 0, total: 0 } };
    const heartbeat = startHeartbeat(lease, worker, latest, lost);
    try {
      const value = await pool.perform(
        {
          job,
          folder: results.folder(key),
          files,
          progress(report) {
            latest.report = report;
            onEvent({ type: 'job-progress', key, label, worker, ...report });
          },
        },
        signal,
      );
      const result = { key, kind, value };
      results.save(result);
      await unlessStopping(patiently(() => queue.complete(lease, resultText(result))));
      onEvent({ type: 'job-finished', key, label, known: false, seconds: watch.elapsed(), value });
    } catch (error) {
      if (lost.signal.aborted) return;
      if (stopping.signal.aborted) {
        const stopped = new WeftError('job', 'its worker was stopped');
        await unlessStopping(patiently(() => queue.release(lease, stopped)));
        return;
      }
      await giveBack(lease, error);
    } finally {
      heartbeat.stop();
    }
  }

  async function giveBack(lease: Lease, error: unknown): Promise<void> {
    const { key, label } = lease.job;
    const own = error instanceof WeftError ? error : new WeftError('job', (error as Error).message);
    const retried = { type: 'job-retried', key, label, attempt: lease.attempt, reason: own.message } as const;
    if (own.code === 'version') {
      await patiently(() => queue.release(lease, own, RIGHT_WORKER_SECONDS));
      onEvent(retried);
      return;
    }
    const delay = error instanceof WeftError ? waits[own.code] : 0;
    const settle = (reason: WeftError): Promise<void> =>
      patiently(() => queue.fail(lease, reason, { final: delay === undefined, ...(delay !== undefined && { delay }) }));
    // A job whose error cannot be stored must fail nevertheless, and not take down one worker after the other.
    await settle(own).catch((refused: WeftError) => {
      onTrouble(`${label} failed: ${own.message}`);
      return settle(
        new WeftError(
          own.code,
          `it failed, and the database did not accept the reason (${refused.message})`,
          'see the output of its worker',
        ),
      );
    });
    if (delay === undefined) onEvent({ type: 'job-failed', key, label, message: own.message });
    else onEvent(retried);
  }

  /**
   * Renews a lease until stopped, or until another worker holds it: the work is then abandoned. Waits for an
   * unreachable database.
   */
  function startHeartbeat(
    lease: Lease,
    worker: string,
    latest: { readonly report: JobProgress },
    lost: AbortController,
  ): { stop(): void } {
    let asking = false;
    let renewals = 0;
    const timer = setInterval(() => {
      if (asking) return;
      asking = true;
      const { key, label } = lease.job;
      queue
        .renew(lease)
        .then(async (ours) => {
          if (!ours) lost.abort();
          else if (renewals++ % RENEWALS_A_REPORT === 0) await queue.report({ worker, key, label, ...latest.report });
        })
        .catch((error: unknown) => onTrouble(queueError(error, queue.location).message))
        .finally(() => (asking = false));
    }, RENEW_SECONDS * 1000);
    return { stop: () => clearInterval(timer) };
  }

  const name = `${hostname()}/${process.pid}`;
  const ended = Promise.all(
    Array.from({ length: slots }, (_, i) => slot(slots === 1 ? name : `${name}/${i + 1}`)),
  ).then(() => {});
  ended.catch(() => stopping.abort());
  return {
    ended,
    wake,
    async stop() {
      stopping.abort();
      await ended.catch(() => {});
    },
  };
}
