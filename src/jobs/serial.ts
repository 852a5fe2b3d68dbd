/** Runs jobs one after another in this process: for tests, and if there is only one. */
import { stopwatch } from '../runs/index.js';
import { type Executor, type Job, type JobResult, type JobRunners } from './contract.js';
import { createLedger } from './ledger.js';
import { type Results } from './results.js';
import { runnerOf } from './runner.js';

export interface SerialOptions {
  readonly results: Results;
  readonly runners: JobRunners;
  /** User files that jobs may load. */
  readonly files?: readonly string[];
}

/** An executor that runs each job in turn, in the order of submission. */
export function createSerialExecutor({ results, runners, files = [] }: SerialOptions): Executor {
  const ledger = createLedger(results);
  let last: Promise<unknown> = Promise.resolve();
  let stopping = false;

  async function perform(job: Job): Promise<void> {
    if (stopping || !ledger.isOpen(job.key)) return;
    ledger.tell({ type: 'job-started', key: job.key, label: job.label, worker: 'this process', attempt: 1 });
    const watch = stopwatch();
    try {
      const value = await runnerOf(runners, job.kind)(job.payload, {
        key: job.key,
        folder: results.folder(job.key),
        files,
        progress: (report) =>
          ledger.tell({ type: 'job-progress', key: job.key, label: job.label, worker: 'this process', ...report }),
        shouldStop: () => stopping || !ledger.isOpen(job.key),
      });
      ledger.finish(job, value, watch.elapsed());
    } catch (error) {
      ledger.fail(job, error);
    }
  }

  return {
    submit(job): Promise<JobResult> {
      const { promise, isNew } = ledger.open(job);
      if (isNew) last = last.then(() => perform(job));
      return promise;
    },
    events: ledger.events,
    cancel: (key) => Promise.resolve(void ledger.cancel(key)),
    async close() {
      stopping = true;
      ledger.cancel();
      await last;
    },
  };
}
