/** An executor's record of submitted jobs: who waits for which, and the known results. */
import { WeftError } from '../errors.js';
import { typedError } from '../own-errors.js';
import { type Executor, type Job, type JobEvent, type JobResult } from './contract.js';
import { type Results } from './results.js';

export interface Ledger {
  /** Starts waiting for a job; `isNew` unless its result is known or it is already being waited for. */
  open(job: Job): { readonly promise: Promise<JobResult>; readonly isNew: boolean };
  isOpen(key: string): boolean;
  /** The jobs being waited for. */
  openJobs(): Job[];
  /** Writes the result, then reports it. */
  finish(job: Job, value: JobResult['value'], seconds: number): void;
  fail(job: Job, error: unknown): void;
  /** Stops waiting for a job that may nevertheless be done. */
  leave(job: Job, why: WeftError): void;
  /** Stops waiting for one job, or for all; returns which. */
  cancel(key?: string): Job[];
  tell(event: JobEvent): void;
  readonly events: Executor['events'];
}

interface Waiting {
  readonly job: Job;
  readonly promise: Promise<JobResult>;
  resolve(result: JobResult): void;
  reject(error: Error): void;
}

export function createLedger(results: Results): Ledger {
  const waiting = new Map<string, Waiting>();
  const listeners = new Set<(event: JobEvent) => void>();
  const tell = (event: JobEvent): void => {
    for (const listen of [...listeners]) listen(event);
  };
  const close = ({ key }: Pick<Job, 'key'>): Waiting | undefined => {
    const found = waiting.get(key);
    waiting.delete(key);
    return found;
  };
  const ledger: Ledger = {
    open(job) {
      const earlier = waiting.get(job.key);
      if (earlier) return { promise: earlier.promise, isNew: false };
      const known = results.find(job.key);
      if (known) {
        tell({ type: 'job-finished', key: job.key, label: job.label, known: true, seconds: 0, value: known.value });
        return { promise: Promise.resolve(known), isNew: false };
      }
      let settle!: Pick<Waiting, 'resolve' | 'reject'>;
      const promise = new Promise<JobResult>((resolve, reject) => {
        settle = { resolve, reject };
      });
      promise.catch(() => {}); // its waiters learn of a failure; there may be none
      waiting.set(job.key, { job, promise, ...settle });
      tell({ type: 'job-queued', key: job.key, kind: job.kind, label: job.label });
      return { promise, isNew: true };
    },
    isOpen: (key) => waiting.has(key),
    openJobs: () => [...waiting.values()].map(({ job }) => job),
    finish(job, value, seconds) {
      const result = { key: job.key, kind: job.kind, value };
      try {
        results.save(result);
      } catch (error) {
        ledger.fail(job, error);
        return;
      }
      const waited = close(job);
      if (!waited) return;
      tell({ type: 'job-finished', key: job.key, label: job.label, known: false, seconds, value });
      waited.resolve(result);
    },
    fail(job, error) {
      const waited = close(job);
      if (!waited) return;
      const message = error instanceof Error ? error.message : String(error);
      tell({ type: 'job-failed', key: job.key, label: job.label, message });
      waited.reject(typedError(error) ?? new WeftError('job', `${job.label}: ${message}`, undefined, { cause: error }));
    },
    leave: (job, why) => close(job)?.reject(why),
    cancel(key) {
      const which = ledger.openJobs().filter((job) => key === undefined || job.key === key);
      for (const job of which) {
        const waited = close(job)!;
        tell({ type: 'job-cancelled', key: job.key, label: job.label });
        waited.reject(new WeftError('job', `${job.label} was cancelled`, 'submit it again to have it done'));
      }
      return which;
    },
    tell,
    events(listen) {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
  };
  return ledger;
}
