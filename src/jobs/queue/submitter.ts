/** A submitter's view of a queue: results, and the progress of the jobs being waited for. */
import { WeftError } from '../../errors.js';
import { type Job } from '../contract.js';
import { parseResult, uuidOf } from '../job.js';
import { type Ledger } from '../ledger.js';
import { describeVersion } from '../version.js';
import { CHUNK, type JobQueue } from './job-queue.js';

export interface SubmitterOptions {
  readonly queue: JobQueue;
  readonly ledger: Ledger;
  /** Jobs yet to be put into the queue. */
  readonly outbox: Map<string, Job>;
  readonly onTrouble: (message: string) => void;
}

/** Returns a function that settles the jobs that the queue has settled; it resolves to true if there were any. */
export function createCollector({ queue, ledger, outbox, onTrouble }: SubmitterOptions): () => Promise<boolean> {
  const doneAnew = new Set<string>();

  async function finish(job: Job, text: string): Promise<void> {
    const result = parseResult(text, job.key);
    if (result) return ledger.finish(job, result.value, 0);
    if (doneAnew.has(job.key)) {
      const hint = 'check who else writes to the queue';
      return ledger.fail(
        job,
        new WeftError('job', `the result of ${job.label} in the queue was changed or damaged`, hint),
      );
    }
    onTrouble(
      `the result of ${job.label} in the queue was changed or damaged (its hash does not match): it is done again`,
    );
    doneAnew.add(job.key);
    await queue.discard(job.key);
    outbox.set(job.key, job);
  }

  return async () => {
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
        else await finish(job, result ?? '');
      }
    }
    return found;
  };
}

/**
 * Submits jobs again that are no longer in the queue, because somebody deleted them or an older copy of the database
 * was restored: nobody would do them.
 */
export async function submitMissing({ queue, ledger, outbox, onTrouble }: SubmitterOptions): Promise<void> {
  const open = ledger.openJobs().filter(({ key }) => !outbox.has(key));
  let missing = 0;
  for (let start = 0; start < open.length; start += CHUNK) {
    const chunk = open.slice(start, start + CHUNK);
    const present = await queue.present(chunk.map(({ key }) => key));
    for (const job of chunk.filter(({ key }) => !present.has(key))) {
      outbox.set(job.key, job);
      missing++;
    }
  }
  if (missing > 0)
    onTrouble(`${missing === 1 ? '1 job is' : `${missing} jobs are`} no longer in the queue: submitted again`);
}

/**
 * Returns a function that reports on workers elsewhere: their progress, why they returned jobs, and that none of them
 * has the right version.
 */
export function createProgressReader({ queue, ledger, onTrouble }: SubmitterOptions, own: number): () => Promise<void> {
  const toldBack = new Map<string, string>();
  let toldVersions = '';

  async function tellProgress(jobs: ReadonlyMap<string, Job>): Promise<void> {
    for (const { worker, key, done = 0, total = 0, partial = {} } of await queue.progress([...jobs.keys()])) {
      const job = jobs.get(key!);
      if (job) ledger.tell({ type: 'job-progress', key: job.key, label: job.label, worker, done, total, partial });
    }
  }

  async function tellGivenBack(jobs: ReadonlyMap<string, Job>): Promise<void> {
    const byId = new Map([...jobs.values()].map((job) => [uuidOf(job.key), job]));
    for (const { id, attempt, error } of await queue.givenBack([...jobs.keys()])) {
      const { key, label } = byId.get(id)!;
      if (toldBack.get(id) === `${attempt} ${error.message}`) continue;
      toldBack.set(id, `${attempt} ${error.message}`);
      ledger.tell({ type: 'job-retried', key, label, attempt, reason: error.message });
    }
  }

  async function tellVersions(jobs: number): Promise<void> {
    const versions = await queue.workerVersions();
    const words = versions.includes(null) ? '' : versions.join(', ');
    if (words !== '' && words !== toldVersions)
      onTrouble(
        `the workers of the queue are of ${words}: ${jobs === 1 ? 'the job waits' : `the ${jobs} jobs wait`} for one of ${describeVersion(queue.version)}, as this command is`,
      );
    toldVersions = words;
  }

  return async () => {
    if (own > 0 && queue.location.kind === 'folder') return; // all workers are ours, and report it themselves
    const jobs = new Map(ledger.openJobs().map((job) => [job.key, job]));
    if (jobs.size === 0) return;
    await tellProgress(jobs);
    if (own > 0) return;
    await tellGivenBack(jobs);
    await tellVersions(jobs.size);
  };
}
