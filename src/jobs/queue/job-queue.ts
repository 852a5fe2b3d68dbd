/**
 * A queue of jobs that survives its processes. The engine is pg-boss, which hands each job to one worker, detects dead
 * workers by their heartbeat and gives their jobs to others; an attempt may therefore happen twice, and gives the same
 * result each time.
 */
import { WeftError, type WeftErrorCode } from '../../errors.js';
import { type Job, type JobProgress } from '../contract.js';
import { uuidOf } from '../job.js';
import { checkJob } from '../schema.js';
import { printable, withoutData } from '../text.js';
import { describeVersion, JOB_VERSION } from '../version.js';
import { type Engine, type EngineOptions, openEngine } from './libraries.js';
import { type Location, parseLocation } from './location.js';
import { retryUntilResponse, type WaitOptions } from './retry.js';
import * as statements from './statements.js';

/** A job held by one worker. */
export interface Lease {
  readonly id: string;
  readonly job: Job;
  /** Counts from 1. */
  readonly attempt: number;
}

export interface Settled {
  readonly id: string;
  readonly state: 'completed' | 'failed' | 'cancelled';
  /** The text of the result if it is completed. */
  readonly result?: string;
  readonly error?: WeftError;
}

export interface Failure {
  readonly key: string;
  readonly label: string;
  readonly attempts: number;
  readonly message: string;
}

/** A job that is waiting for another attempt, and why. */
export interface GivenBack {
  readonly id: string;
  /** The number of the next attempt. */
  readonly attempt: number;
  readonly error: WeftError;
}

export interface WorkerReport extends Partial<JobProgress> {
  readonly worker: string;
  readonly key: string | null;
  readonly label: string | null;
}

export interface WorkerStatus extends WorkerReport {
  /** Seconds since it was last heard of. */
  readonly silence: number;
  /** The version of weft whose jobs it runs, as text. */
  readonly version: string;
}

/** Jobs of another version of weft, which wait for its workers. */
export interface OtherVersion {
  readonly version: string;
  readonly waiting: number;
  readonly running: number;
  readonly failed: number;
}

export interface QueueStatus {
  readonly queue: string;
  readonly waiting: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly workers: readonly WorkerStatus[];
  readonly failures: readonly Failure[];
  /** Jobs and workers of other versions; the counts above are for this one. */
  readonly others: readonly OtherVersion[];
}

export interface JobQueue {
  readonly location: Location;
  /** The version of weft whose jobs it takes. */
  readonly version: string;
  /** Inserts jobs that are not there yet; those that failed or were cancelled get another chance. */
  enqueue(jobs: readonly Job[]): Promise<void>;
  /** The next job, held by this worker as long as it is renewed. Entries that are not jobs count as failed. */
  take(): Promise<Lease | undefined>;
  /** Renews the lease; false if another worker holds it now. */
  renew(lease: Lease): Promise<boolean>;
  complete(lease: Lease, result: string): Promise<void>;
  /**
   * Returns a job for another attempt after `delay` seconds, or fails it permanently; does nothing if another worker
   * holds it now.
   */
  fail(lease: Lease, error: WeftError, after: { readonly final: boolean; readonly delay?: number }): Promise<void>;
  /**
   * Returns a job for another attempt after `delay` seconds without counting this one: this worker was at fault, or has
   * to stop.
   */
  release(lease: Lease, error: WeftError, delay?: number): Promise<void>;
  /** Removes a settled job, so that it can be run again. */
  discard(key: string): Promise<void>;
  /** Which of the keys are settled. */
  settled(keys: readonly string[]): Promise<Settled[]>;
  /** Which of the keys are in the queue, in whatever state. */
  present(keys: readonly string[]): Promise<Set<string>>;
  /** Which of the keys are waiting for another attempt. */
  givenBack(keys: readonly string[]): Promise<GivenBack[]>;
  /** The versions of weft of workers heard from recently, as text; null for its own. */
  workerVersions(): Promise<(string | null)[]>;
  cancel(keys: readonly string[]): Promise<void>;
  /** Returns failed jobs to the queue, all or those whose key has this prefix; returns their number. */
  retry(prefix?: string): Promise<number>;
  report(report: WorkerReport): Promise<void>;
  forget(worker: string): Promise<void>;
  progress(keys: readonly string[]): Promise<WorkerStatus[]>;
  status(): Promise<QueueStatus>;
  close(): Promise<void>;
}

/** Number of jobs per statement. */
export const CHUNK = 500;

/** The queue from before versioning; each version has its own below it. */
const ROOT = 'jobs';
const nameOf = (version: string): string => `${ROOT}/${version.replace(/[^\w.\-/]/g, '_')}`;
const versionIn = (name: string): string =>
  name === ROOT ? 'an earlier version of weft' : describeVersion(printable(name.slice(ROOT.length + 1), 100));

/** A worker that is silent for this long is considered dead. */
const HEARTBEAT_SECONDS = 15;
const DAY = 86_400;
const QUEUE_OPTIONS = {
  heartbeatSeconds: HEARTBEAT_SECONDS,
  /** The engine allows less than a day; every renewal resets it. */
  expireInSeconds: DAY - 1,
  retentionSeconds: 365 * DAY,
  deleteAfterSeconds: 14 * DAY,
  retryLimit: 4,
};

export interface QueueAccess extends EngineOptions, WaitOptions {
  /** The version of weft whose jobs are inserted and taken; the current one by default. */
  readonly version?: string;
}

/** Opens a queue: a folder, or `postgres://…`; waits for a database that does not respond as `patience` says. */
export async function openQueue(
  where: string,
  { version = JOB_VERSION, patience, signal, ...options }: QueueAccess = {},
): Promise<JobQueue> {
  const location = parseLocation(where);
  const waiting = { ...(patience !== undefined && { patience }), ...(signal && { signal }) };
  return retryUntilResponse(() => open(location, version, options), location, { ...options, ...waiting });
}

async function open(location: Location, version: string, options: EngineOptions): Promise<JobQueue> {
  const engine = await openEngine(location, options);
  const { boss, sql } = engine;
  try {
    const name = nameOf(version);
    if (!(await boss.getQueue(name))) await boss.createQueue(name, QUEUE_OPTIONS);
    await sql(statements.CREATE_WORKERS).catch((error: { code?: string }) => {
      if (error.code !== '23505') throw error; // just created by another process
    });
    if ((await sql(statements.HAS_VERSIONS)).length === 0) await sql(statements.ADD_VERSIONS);
    // Nothing else can be working on a queue that only this process may open.
    if (location.kind === 'folder')
      for (const row of await sql(statements.NAMES, [ROOT]))
        await sql(statements.RELEASE_ALL, [
          row['name'],
          JSON.stringify({ message: 'every process that had it was lost' }),
        ]);
    return queueOver(engine, location, version, options.onTrouble ?? (() => {}));
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function queueOver(
  { boss, sql, close }: Engine,
  location: Location,
  version: string,
  onTrouble: (message: string) => void,
): JobQueue {
  const name = nameOf(version);
  const names = async (): Promise<string[]> =>
    (await sql(statements.NAMES, [ROOT])).map((row) => row['name'] as string);
  const queue: JobQueue = {
    location,
    version,
    async enqueue(jobs) {
      for (const job of jobs) checkJob(job);
      const ids = jobs.map(({ key }) => uuidOf(key));
      await boss.insert(
        name,
        jobs.map((job, i) => ({ id: ids[i]!, data: { ...job } })),
      );
      await boss.retry(name, ids);
      await boss.resume(name, ids);
    },
    async take() {
      for (;;) {
        const [found] = await boss.fetch<unknown>(name, { includeMetadata: true, batchSize: 1 });
        if (!found) return undefined;
        const { id, data, retryCount } = found;
        try {
          return { id, job: jobIn(data, id, version), attempt: retryCount + 1 };
        } catch (error) {
          const { code, message, hint } = error as WeftError;
          await sql(statements.SET_RETRY, [name, id, retryCount, 0, true]);
          await boss.fail(name, id, { code, message, hint: hint ?? null });
          onTrouble(`not done: what the queue holds under ${id} is not a job of weft: ${message}`);
        }
      }
    },
    renew: async ({ id, attempt }) => (await sql(statements.RENEW, [name, id, attempt - 1])).length > 0,
    async complete({ id }, result) {
      await boss.complete(name, id, { result }, { includeQueued: true });
    },
    async fail({ id, attempt }, error, { final, delay = 0 }) {
      const held = await sql(statements.SET_RETRY, [name, id, attempt - 1, delay, final]);
      if (held.length > 0) await boss.fail(name, id, outputOf(error));
    },
    async release({ id, attempt }, error, delay = 0) {
      await sql(statements.RELEASE, [name, id, attempt - 1, delay, JSON.stringify(outputOf(error))]);
    },
    async discard(key) {
      await boss.deleteJob(name, uuidOf(key));
    },
    async settled(keys) {
      const rows = await sql(statements.SETTLED, [name, keys.map(uuidOf)]);
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
    async present(keys) {
      const ids = new Set((await sql(statements.PRESENT, [name, keys.map(uuidOf)])).map(({ id }) => id as string));
      return new Set(keys.filter((key) => ids.has(uuidOf(key))));
    },
    givenBack: async (keys) =>
      (await sql(statements.GIVEN_BACK, [name, keys.map(uuidOf)])).map((row) => ({
        id: row['id'] as string,
        attempt: Number(row['attempts']),
        error: errorIn(row['output']),
      })),
    workerVersions: async () =>
      (await sql(statements.VERSIONS)).map((row) => (row['version'] === version ? null : wordsOf(row['version']))),
    async cancel(keys) {
      if (keys.length > 0) await boss.cancel(name, keys.map(uuidOf));
    },
    async retry(prefix = '') {
      const failed = await sql(statements.FAILED_IDS, [await names(), prefix]);
      for (const queued of new Set(failed.map((row) => row['name'] as string))) {
        const ids = failed.filter((row) => row['name'] === queued).map(({ id }) => id as string);
        for (let start = 0; start < ids.length; start += CHUNK)
          await boss.retry(queued, ids.slice(start, start + CHUNK));
      }
      return failed.length;
    },
    async report({ worker, key, label, done = 0, total = 0, partial = {} }) {
      await sql(statements.REPORT_WORKER, [worker, key, label, done, total, JSON.stringify(partial), version]);
    },
    async forget(worker) {
      await sql(statements.FORGET_WORKER, [worker]);
    },
    progress: async (keys) => (await sql(statements.PROGRESS, [keys])).map(workerIn),
    async status() {
      const all = await names();
      const counts = await sql(statements.COUNTS, [all]);
      const count = (of: string, ...states: string[]): number =>
        counts
          .filter((row) => row['name'] === of && states.includes(row['state'] as string))
          .reduce((sum, row) => sum + Number(row['count']), 0);
      const waitingAndRunning = (of: string) => ({
        waiting: count(of, 'created', 'retry'),
        running: count(of, 'active'),
        failed: count(of, 'failed'),
      });
      return {
        queue: location.shown,
        ...waitingAndRunning(name),
        completed: count(name, 'completed'),
        cancelled: count(name, 'cancelled'),
        workers: (await sql(statements.WORKERS)).map(workerIn),
        failures: (await sql(statements.FAILED, [all])).map((row) => ({
          key: keyIn(row),
          label: textIn(row['label']) ?? 'not a job of weft',
          attempts: Number(row['attempts']),
          message: errorIn(row['output']).message,
        })),
        others: all
          .filter((other) => other !== name)
          .map((other) => ({ version: versionIn(other), ...waitingAndRunning(other) }))
          .filter(({ waiting, running, failed }) => waiting + running + failed > 0),
      };
    },
    close,
  };
  return queue;
}

/**
 * A job from the queue; throws WeftError('job') if it is not a job, was created by another version, or does not match
 * its key.
 */
function jobIn(data: unknown, id: string, version: string): Job {
  const job = checkJob(data);
  if (job.version !== version)
    throw new WeftError(
      'job',
      `it was made by ${describeVersion(job.version)}, but is in the queue of ${describeVersion(version)}`,
    );
  if (uuidOf(job.key) !== id) throw new WeftError('job', 'its name does not match its key');
  return job;
}

/** An error as stored: without quotations from the data, and without characters that PostgreSQL rejects. */
function outputOf(error: WeftError): { code: WeftErrorCode; message: string; hint: string | null } {
  const { code, message, hint } = withoutData(error);
  return { code, message: printable(message), hint: hint === undefined ? null : printable(hint) };
}

/** The error in a failed job's output; the engine's own errors are in a separate field. */
function errorIn(output: unknown): WeftError {
  const { code, message, hint, value } = (output ?? {}) as Record<string, unknown>;
  const words =
    textIn(message) ?? textIn((value as { message?: unknown } | undefined)?.message) ?? 'it failed without a message';
  return new WeftError(
    typeof code === 'string' ? (printable(code, 20) as WeftErrorCode) : 'job',
    /heartbeat/.test(words) && code === undefined ? 'every worker that took it was lost' : words,
    textIn(hint),
  );
}

function workerIn(row: Record<string, unknown>): WorkerStatus {
  return {
    worker: textIn(row['worker']) ?? '',
    key: textIn(row['key']) ?? null,
    label: textIn(row['label']) ?? null,
    done: Number(row['done']),
    total: Number(row['total']),
    partial: numbersIn(row['partial']),
    silence: Number(row['silence']),
    version: wordsOf(row['version']),
  };
}

/** Others write to the queue: its contents are shown as text, whatever they are. */
const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? printable(value) : undefined);
const keyIn = (row: Record<string, unknown>): string => textIn(row['key']) ?? (row['id'] as string);
const wordsOf = (version: unknown): string =>
  typeof version === 'string' ? describeVersion(printable(version, 100)) : 'an earlier version of weft';
const numbersIn = (value: unknown): Record<string, number> =>
  Object.fromEntries(
    Object.entries(value ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
