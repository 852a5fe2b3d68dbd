/** What an executor knows of the jobs that were submitted to it: who waits for which, and what is known already. */
import { WeftError } from '../errors.js';
import { type Executor, type Job, type JobEvent, type JobResult } from './contract.js';
import { type Results } from './results.js';

export interface Ledger {
  /** Begins to wait for a job; `isNew` unless its result is known or it is waited for already. */
  open(job: Job): { readonly promise: Promise<JobResult>; readonly isNew: boolean };
  isOpen(key: string): boolean;
  /** The jobs that are waited for. */
  openJobs(): Job[];
  /** Writes the result, then tells it. */
  finish(job: Job, value: JobResult['value'], seconds: number): void;
  fail(job: Job, error: unknown): void;
  /** Ends the waiting for a job that may be done all the same. */
  leave(job: Job, why: WeftError): void;
  /** Ends the waiting for one job, or for all; returns which. */
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
      promise.catch(() => {}); // those who wait for it learn of a failure; nobody has to wait
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
      waited.reject(
        error instanceof WeftError
          ? error
          : new WeftError('job', `${job.label}: ${message}`, undefined, { cause: error }),
      );
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
