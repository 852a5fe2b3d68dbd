/** Queues of jobs: running jobs through one, serving one, and inspecting one. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { WeftError } from '../errors.js';
import {
  createProcessPool,
  createQueueExecutor,
  type JobQueue,
  openQueue,
  parseLocation,
  type QueueStatus,
  readQueueStatus,
  serveQueue,
} from '../jobs/index.js';
import { jobProgram, type JobsOptions, requireWhole, resultsOf, using, type WithExecutor } from './executors.js';

/** Identifies a queue. */
export interface QueueAddress {
  /** A folder for a queue local to this machine, or `postgres://user@host/database`; WEFT_QUEUE by default. */
  readonly queue?: string | undefined;
  /** Called if the database does not respond. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

export interface QueueJobsOptions extends JobsOptions, QueueAddress {
  /** Number of concurrent jobs in child processes; one per processor by default, and none for a shared database. */
  readonly workers?: number | undefined;
}

export interface WorkerOptions extends JobsOptions, QueueAddress {
  /** Number of concurrent jobs; one per processor by default. */
  readonly slots?: number | undefined;
  /** Your own files that jobs may load; no others are loaded. */
  readonly files?: readonly string[] | undefined;
  /** Ends when the queue is empty, instead of waiting for more. */
  readonly untilEmpty?: boolean | undefined;
  /**
   * Called once the queue is open, with its address (without a password), the number of concurrent jobs, and the folder
   * of results.
   */
  readonly onStart?: ((queue: string, slots: number, results: string) => void) | undefined;
}

export interface QueueState extends QueueStatus {
  /** Whether this is the state last written by the queue's coordinator, which has the queue open. */
  readonly past: boolean;
}

/** An unresponsive database is waited for at the start: it may be restarting, or be started by the same script. */
const PATIENCE_SECONDS = 300;

/** See `inQueue` in index.ts. */
export function inQueue({ queue, workers, ...options }: QueueJobsOptions = {}): WithExecutor {
  return ({ files }, use) => {
    const address = addressOf(queue);
    const shared = parseLocation(address).kind === 'postgres';
    requireWhole('workers', workers, shared ? 0 : 1);
    const { signal, onTrouble } = options;
    return using(
      () =>
        createQueueExecutor({
          program: jobProgram,
          queue: address,
          results: resultsOf(options),
          files,
          workers: workers ?? (shared ? 0 : availableParallelism()),
          patience: PATIENCE_SECONDS,
          ...(onTrouble && { onTrouble }),
          ...(signal && { signal }),
        }),
      options,
      use,
    );
  };
}

/** See `runWorker` in index.ts. */
export async function runWorker({
  queue: address,
  slots = availableParallelism(),
  results: folder,
  files = [],
  untilEmpty = false,
  signal,
  onJob,
  onTrouble,
  onStart,
}: WorkerOptions = {}): Promise<void> {
  requireWhole('slots', slots, 1);
  const missing = files.find((path) => !existsSync(path));
  if (missing !== undefined)
    throw new WeftError('config', `there is no file ${missing}`, 'name your own files that jobs of the queue may load');
  const waiting = { patience: PATIENCE_SECONDS, ...(signal && { signal }) };
  const queue = await openAddressed({ queue: address, onTrouble }, slots + 2, waiting).catch((error: unknown) => {
    if (signal?.aborted) return undefined; // the signal came while waiting for a database that does not respond
    throw error;
  });
  if (!queue) return;
  const pool = createProcessPool({ program: jobProgram });
  let stop: (() => void) | undefined;
  try {
    const results = resultsOf({ results: folder, onTrouble });
    onStart?.(queue.location.shown, slots, results.path);
    const service = serveQueue({
      queue,
      pool,
      results,
      slots,
      files,
      untilEmpty,
      ...(onJob && { onEvent: onJob }),
      ...(onTrouble && { onTrouble }),
    });
    stop = () => void service.stop();
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop);
    await service.ended;
  } finally {
    if (stop) signal?.removeEventListener('abort', stop);
    await pool.close();
    await queue.close();
  }
}

/** See `queueState` in index.ts. */
export async function queueState(options: QueueAddress = {}): Promise<QueueState> {
  const location = existing(addressOf(options.queue));
  try {
    const queue = await openAddressed(options);
    try {
      return { ...(await queue.status()), past: false };
    } finally {
      await queue.close();
    }
  } catch (error) {
    const written =
      error instanceof WeftError && location.kind === 'folder' ? readQueueStatus(location.path) : undefined;
    if (!written) throw error;
    return { ...written, past: true };
  }
}

/** See `retryJobs` in index.ts. */
export async function retryJobs({
  key,
  ...options
}: QueueAddress & { readonly key?: string | undefined } = {}): Promise<number> {
  existing(addressOf(options.queue));
  const queue = await openAddressed(options);
  try {
    const count = await queue.retry(key);
    if (count === 0 && key !== undefined)
      throw new WeftError('job', `no failed job has a key that begins with '${key}'`, '`weft queue status` lists them');
    return count;
  } finally {
    await queue.close();
  }
}

/** The address of a queue: the given one, otherwise WEFT_QUEUE, which does not appear in process listings. */
export const queueAddress = (given: string | undefined): string | undefined =>
  given ?? (process.env['WEFT_QUEUE'] || undefined);

function addressOf(given: string | undefined): string {
  const address = queueAddress(given);
  if (address === undefined)
    throw new WeftError(
      'config',
      'no queue was named',
      'name one with --queue, or in WEFT_QUEUE: a folder such as ./queue, or postgres://user@host/database',
    );
  return address;
}

const openAddressed = (
  { queue, onTrouble }: QueueAddress,
  connections = 2,
  waiting: { readonly patience?: number; readonly signal?: AbortSignal } = {},
): Promise<JobQueue> => openQueue(addressOf(queue), { connections, ...waiting, ...(onTrouble && { onTrouble }) });

/** The location of a queue; rejects a folder without one: inspecting a queue should not create it. */
function existing(address: string): ReturnType<typeof parseLocation> {
  const location = parseLocation(address);
  if (location.kind === 'folder' && !existsSync(join(location.path, 'database')))
    throw new WeftError(
      'job',
      `there is no queue in ${location.shown}`,
      'submitting jobs creates one: weft search --seeds 1,2,3 --queue FOLDER',
    );
  return location;
}
