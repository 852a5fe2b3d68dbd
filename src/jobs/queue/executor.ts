/** Jobs through a queue: submitted here, done by whoever serves the queue, perhaps by processes of this one too. */
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomic } from '../../runs/index.js';
import { join } from 'node:path';
import { WeftError } from '../../errors.js';
import { type Executor, type Job } from '../contract.js';
import { createCrew, type CrewOptions } from '../crew.js';
import { parseResult, uuidOf } from '../job.js';
import { createLedger, type Ledger } from '../ledger.js';
import { type Results } from '../results.js';
import { type JobQueue, openQueue } from './job-queue.js';
import { isPassing, queueError } from './location.js';
import { type ServeOptions, serveQueue } from './serve.js';

export interface QueueOptions extends CrewOptions {
  /** A folder, or `postgres://…`. */
  readonly queue: string;
  readonly results: Results;
  /** Jobs at a time in processes of this one; for an embedded queue there are no others. */
  readonly workers: number;
  /** Files of the user's own that jobs may load here. */
  readonly files?: readonly string[];
  /** Seconds until another attempt here after a failure that may pass, by its code. */
  readonly waits?: ServeOptions['waits'];
  /** Hears of a database that does not answer. */
  readonly onTrouble?: (message: string) => void;
}

const POLL_SECONDS = { first: 0.05, most: 1 };
const PROGRESS_EVERY_SECONDS = 2;
/** Jobs a statement. */
const CHUNK = 500;

/** An executor over a queue; its own workers serve whatever the queue holds. */
export async function createQueueExecutor({
  queue: where,
  results,
  workers,
  files = [],
  onTrouble = () => {},
  waits,
  ...crewOptions
}: QueueOptions): Promise<Executor> {
  const queue = await openQueue(where, { onTrouble });
  const ledger = createLedger(results);
  const crew = createCrew(crewOptions);
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
          crew,
          results,
          slots: workers,
          files,
          onTrouble,
          ...(waits && { waits }),
          onEvent(event) {
            if (event.type === 'job-finished' || event.type === 'job-failed')
              wake(); // told once it is read from the queue, as those of other workers
            else if (ledger.isOpen(event.key)) ledger.tell(event);
          },
        });
  service?.ended.catch((error: unknown) => {
    for (const job of ledger.openJobs()) ledger.fail(job, error);
  });

  const outbox = new Map<string, Job>();
  let closed = false;

  async function poll(): Promise<void> {
    for (let wait = POLL_SECONDS.first, sinceProgress = 0; !closed;) {
      let moved = false;
      try {
        if (outbox.size > 0) {
          const batch = [...outbox.values()].slice(0, CHUNK);
          await queue.enqueue(batch);
          for (const { key } of batch) outbox.delete(key);
          service?.wake();
          moved = true;
        }
        if (await collect(queue, ledger, outbox)) moved = true;
        if (sinceProgress > PROGRESS_EVERY_SECONDS) {
          sinceProgress = 0;
          await tellProgress(queue, ledger, workers);
          if (queue.location.kind === 'folder')
            writeFileAtomic(
              join(queue.location.path, 'standing.json'),
              `${JSON.stringify(await queue.standing(), null, 2)}\n`,
            );
        }
      } catch (error) {
        if (!isPassing(error)) {
          for (const job of ledger.openJobs()) ledger.fail(job, queueError(error, queue.location));
        } else {
          onTrouble(`${queueError(error, queue.location).message}; trying again`);
          wait = POLL_SECONDS.most;
        }
      }
      wait = moved ? POLL_SECONDS.first : Math.min(POLL_SECONDS.most, 2 * wait);
      sinceProgress += wait;
      if (outbox.size === 0) await sleep(1000 * wait, undefined, { signal: nudge.signal }).catch(() => {});
    }
  }
  const polling = poll();

  return {
    submit(job) {
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
    async close() {
      closed = true;
      wake();
      await polling;
      await service?.stop();
      await crew.close();
      await queue.close();
    },
  };
}

/** Settles what the queue has settled; true if there was something. */
async function collect(queue: JobQueue, ledger: Ledger, outbox: ReadonlyMap<string, Job>): Promise<boolean> {
  const open = ledger.openJobs().filter(({ key }) => !outbox.has(key));
  let found = false;
  for (let start = 0; start < open.length; start += CHUNK) {
    const chunk = open.slice(start, start + CHUNK);
    const jobs = new Map(chunk.map((job) => [uuidOf(job.key), job]));
    for (const { id, state, result, error } of await queue.settled(chunk.map(({ key }) => key))) {
      const job = jobs.get(id)!;
      found = true;
      if (state === 'cancelled') ledger.cancel(job.key);
      else if (state === 'failed') ledger.fail(job, error);
      else finish(ledger, job, result ?? '');
    }
  }
  return found;
}

function finish(ledger: Ledger, job: Job, text: string): void {
  const result = parseResult(text, job.key);
  if (result) ledger.finish(job, result.value, 0);
  else
    ledger.fail(
      job,
      new WeftError(
        'job',
        `the queue holds no readable result of ${job.label}`,
        'workers and submitters must have the same version of weft',
      ),
    );
}

/** What workers elsewhere have reported. */
async function tellProgress(queue: JobQueue, ledger: Ledger, own: number): Promise<void> {
  if (own > 0 && queue.location.kind === 'folder') return; // all workers are ours, and tell it themselves
  const jobs = new Map(ledger.openJobs().map((job) => [job.key, job]));
  for (const { worker, key, done = 0, total = 0, partial = {} } of await queue.progress([...jobs.keys()])) {
    const job = jobs.get(key!);
    if (job) ledger.tell({ type: 'job-progress', key: job.key, label: job.label, worker, done, total, partial });
  }
}
