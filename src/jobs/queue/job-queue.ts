/**
 * A queue of jobs that survives its processes. The engine is pg-boss, which hands each job to one worker, notices workers that are
 * gone by their heartbeat and gives their jobs to others; an attempt may therefore happen twice, and a result is the same each time.
 */
import { WeftError, type WeftErrorCode } from '../../errors.js';
import { type Job, type JobProgress } from '../contract.js';
import { uuidOf } from '../job.js';
import { type Engine, type EngineOptions, openEngine } from './libraries.js';
import { type Location, parseLocation, queueError } from './location.js';
import * as statements from './statements.js';

/** A job in the hands of one worker. */
export interface Lease {
  readonly id: string;
  readonly job: Job;
  /** Counts from 1. */
  readonly attempt: number;
}

export interface Settled {
  readonly id: string;
  readonly state: 'completed' | 'failed' | 'cancelled';
  /** The text of the result where it is completed. */
  readonly result?: string;
  readonly error?: WeftError;
}

export interface Failure {
  readonly key: string;
  readonly label: string;
  readonly attempts: number;
  readonly message: string;
}

export interface WorkerReport extends Partial<JobProgress> {
  readonly worker: string;
  readonly key: string | null;
  readonly label: string | null;
}

export interface WorkerStanding extends WorkerReport {
  /** Seconds since it was last heard of. */
  readonly silence: number;
}

export interface QueueStanding {
  readonly queue: string;
  readonly waiting: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly workers: readonly WorkerStanding[];
  readonly failures: readonly Failure[];
}

export interface JobQueue {
  readonly location: Location;
  /** Puts jobs in that are not there; those that have failed or were cancelled get another chance. */
  enqueue(jobs: readonly Job[]): Promise<void>;
  /** The next job, from now on ours as long as it is renewed. */
  take(): Promise<Lease | undefined>;
  /** Keeps the lease; false when another has it now. */
  renew(lease: Lease): Promise<boolean>;
  complete(lease: Lease, result: string): Promise<void>;
  /** Gives a job back after `delay` seconds, or for good. */
  fail(lease: Lease, error: WeftError, after: { readonly final: boolean; readonly delay?: number }): Promise<void>;
  /** Which of the keys are settled. */
  settled(keys: readonly string[]): Promise<Settled[]>;
  cancel(keys: readonly string[]): Promise<void>;
  /** Sends failed jobs back, all or those whose key begins so; returns how many. */
  retry(prefix?: string): Promise<number>;
  report(report: WorkerReport): Promise<void>;
  forget(worker: string): Promise<void>;
  progress(keys: readonly string[]): Promise<WorkerStanding[]>;
  standing(): Promise<QueueStanding>;
  close(): Promise<void>;
}

const QUEUE = 'jobs';
/** A worker that is silent for so long is taken to be gone. */
const HEARTBEAT_SECONDS = 15;
const DAY = 86_400;
const QUEUE_OPTIONS = {
  heartbeatSeconds: HEARTBEAT_SECONDS,
  /** The engine allows less than a day; renewing sets it anew. */
  expireInSeconds: DAY - 1,
  retentionSeconds: 365 * DAY,
  deleteAfterSeconds: 14 * DAY,
  retryLimit: 4,
};

/** Opens a queue: a folder, or `postgres://…`. */
export async function openQueue(where: string, options: EngineOptions = {}): Promise<JobQueue> {
  const location = parseLocation(where);
  const engine = await openEngine(location, options);
  try {
    if (!(await engine.boss.getQueue(QUEUE))) await engine.boss.createQueue(QUEUE, QUEUE_OPTIONS);
    await engine.sql(statements.CREATE_WORKERS).catch((error: { code?: string }) => {
      if (error.code !== '23505') throw error; // made by another in this moment
    });
    // Nobody else can be working for a queue that this process alone may open.
    if (location.kind === 'folder') await engine.sql(statements.RELEASE_ALL, [QUEUE]);
    return queueOver(engine, location);
  } catch (error) {
    await engine.close();
    throw queueError(error, location);
  }
}

function queueOver({ boss, sql, close }: Engine, location: Location): JobQueue {
  return {
    location,
    async enqueue(jobs) {
      const ids = jobs.map(({ key }) => uuidOf(key));
      await boss.insert(
        QUEUE,
        jobs.map((job, i) => ({ id: ids[i]!, data: { ...job } })),
      );
      await boss.retry(QUEUE, ids);
      await boss.resume(QUEUE, ids);
    },
    async take() {
      const [found] = await boss.fetch<Job>(QUEUE, { includeMetadata: true, batchSize: 1 });
      return found && { id: found.id, job: found.data, attempt: found.retryCount + 1 };
    },
    renew: async ({ id, attempt }) => (await sql(statements.RENEW, [QUEUE, id, attempt - 1])).length > 0,
    async complete({ id }, result) {
      await boss.complete(QUEUE, id, { result }, { includeQueued: true });
    },
    async fail({ id }, { code, message, hint }, { final, delay = 0 }) {
      await sql(statements.SET_RETRY, [QUEUE, id, delay, final]);
      await boss.fail(QUEUE, id, { code, message, hint: hint ?? null });
    },
    async settled(keys) {
      const rows = await sql(statements.SETTLED, [QUEUE, keys.map(uuidOf)]);
      return rows.map((row) => {
        const output = row['output'] as { result?: string } | null;
        const state = row['state'] as Settled['state'];
        return {
          id: row['id'] as string,
          state,
          ...(state === 'completed' && { result: output?.result ?? '' }),
          ...(state === 'failed' && { error: errorIn(output) }),
        };
      });
    },
    async cancel(keys) {
      if (keys.length > 0) await boss.cancel(QUEUE, keys.map(uuidOf));
    },
    async retry(prefix = '') {
      const ids = (await sql(statements.FAILED, [QUEUE]))
        .filter((row) => (row['key'] as string).startsWith(prefix))
        .map((row) => row['id'] as string);
      if (ids.length > 0) await boss.retry(QUEUE, ids);
      return ids.length;
    },
    async report({ worker, key, label, done = 0, total = 0, partial = {} }) {
      await sql(statements.REPORT_WORKER, [worker, key, label, done, total, JSON.stringify(partial)]);
    },
    async forget(worker) {
      await sql(statements.FORGET_WORKER, [worker]);
    },
    progress: async (keys) => (await sql(statements.PROGRESS, [keys])).map(workerIn),
    async standing() {
      const counts = new Map(
        (await sql(statements.COUNTS, [QUEUE])).map((row) => [row['state'] as string, Number(row['count'])]),
      );
      const count = (...states: string[]): number => states.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
      return {
        queue: location.shown,
        waiting: count('created', 'retry'),
        running: count('active'),
        completed: count('completed'),
        failed: count('failed'),
        cancelled: count('cancelled'),
        workers: (await sql(statements.WORKERS)).map(workerIn),
        failures: (await sql(statements.FAILED, [QUEUE])).map((row) => ({
          key: row['key'] as string,
          label: row['label'] as string,
          attempts: Number(row['attempts']),
          message: errorIn(row['output']).message,
        })),
      };
    },
    close,
  };
}

/** The error in a failed job's output; the engine's own are in a field of their own. */
function errorIn(output: unknown): WeftError {
  const { code, message, hint, value } = (output ?? {}) as {
    code?: WeftErrorCode;
    message?: string;
    hint?: string | null;
    value?: { message?: string };
  };
  const words = message ?? value?.message ?? 'it failed without a word';
  return new WeftError(
    code ?? 'job',
    /heartbeat/.test(words) && code === undefined ? 'every worker that had it was lost' : words,
    hint ?? undefined,
  );
}

function workerIn(row: Record<string, unknown>): WorkerStanding {
  return {
    worker: row['worker'] as string,
    key: row['key'] as string | null,
    label: row['label'] as string | null,
    done: Number(row['done']),
    total: Number(row['total']),
    partial: row['partial'] as Record<string, number>,
    silence: Number(row['silence']),
  };
}
