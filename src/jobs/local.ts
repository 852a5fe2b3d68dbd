/** Runs jobs in child processes on this machine: no installation is needed, and only the folder of results is kept. */
import { availableParallelism } from 'node:os';
import { stopwatch } from '../runs/index.js';
import { LostProcess } from './child-handle.js';
import { type Executor, type Job } from './contract.js';
import { createProcessPool, type ProcessPoolOptions } from './process-pool.js';
import { createLedger } from './ledger.js';
import { type Results } from './results.js';

export interface LocalOptions extends ProcessPoolOptions {
  readonly results: Results;
  /** Number of concurrent jobs; one per processor by default. */
  readonly workers?: number;
  /** User files that jobs may load. */
  readonly files?: readonly string[];
  /** Maximum number of attempts at a job whose process was lost. */
  readonly attempts?: number;
}

export function createLocalExecutor({
  results,
  workers = availableParallelism(),
  files = [],
  attempts = 3,
  ...options
}: LocalOptions): Executor {
  const ledger = createLedger(results);
  const pool = createProcessPool(options);
  const queue: Job[] = [];
  const running = new Map<string, AbortController>();

  const next = (): void => {
    while (running.size < workers) {
      const job = queue.shift();
      if (!job) return;
      if (!ledger.isOpen(job.key)) continue;
      const abort = new AbortController();
      running.set(job.key, abort);
      void perform(job, abort.signal).finally(() => {
        running.delete(job.key);
        next();
      });
    }
  };

  async function perform(job: Job, signal: AbortSignal): Promise<void> {
    const { key, label } = job;
    for (let attempt = 1; ledger.isOpen(key); attempt++) {
      const watch = stopwatch();
      ledger.tell({ type: 'job-started', key, label, worker: WORKER, attempt });
      try {
        const value = await pool.perform(
          {
            job,
            folder: results.folder(key),
            files,
            progress: (report) => ledger.tell({ type: 'job-progress', key, label, worker: WORKER, ...report }),
          },
          signal,
        );
        ledger.finish(job, value, watch.elapsed());
      } catch (error) {
        if (signal.aborted || !(error instanceof LostProcess)) return ledger.fail(job, error);
        if (attempt === attempts) return ledger.fail(job, new Error(`${error.message}, in ${attempts} attempts`));
        ledger.tell({ type: 'job-retried', key, label, attempt, reason: error.message });
      }
    }
  }

  const cancel = (key?: string): Promise<void> => {
    for (const job of ledger.cancel(key)) running.get(job.key)?.abort();
    return Promise.resolve();
  };
  return {
    submit(job) {
      const { promise, isNew } = ledger.open(job);
      if (isNew) queue.push(job);
      next();
      return promise;
    },
    events: ledger.events,
    cancel,
    async close() {
      await cancel();
      await pool.close();
    },
  };
}

const WORKER = 'this machine';
