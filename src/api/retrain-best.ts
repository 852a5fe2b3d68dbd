/** Trains the best of a ranking from scratch, each as a job, and tests them. */
import { type SearchConfig } from '../config/index.js';
import { type JobResult, submitAll, trainingJob } from '../jobs/index.js';
import { codeFiles } from '../jobs/files.js';
import { type RunSummary } from '../runs/index.js';
import { type SearchParts } from '../search/session.js';
import { type WithExecutor } from './executors.js';

export interface Retrained {
  /** Rank, from 1. */
  readonly place: number;
  readonly result: JobResult;
  readonly summary: RunSummary;
}

/** A network by its text encoding, and its training configuration; that of the parts by default. */
export interface ToRetrain {
  readonly architecture: string;
  readonly config?: SearchConfig | undefined;
}

export interface RetrainOptions {
  readonly backend?: SearchConfig['backend'];
  /** Threads of each training. */
  readonly threads?: number | undefined;
  readonly withExecutor: WithExecutor;
}

/** Trains each from scratch on the training and the validation part, and tests it; undefined if this was stopped. */
export async function retrainBest(
  parts: SearchParts,
  best: readonly ToRetrain[],
  { backend, threads, withExecutor }: RetrainOptions,
): Promise<Retrained[] | undefined> {
  const jobs = best.map(({ architecture, config = parts.config }) =>
    trainingJob({ ...parts, config }, architecture, {
      ...(backend && { backend }),
      ...(threads !== undefined && { threads }),
    }),
  );
  const files = codeFiles({ ...parts.config, controller: { name: 'random' } });
  const results = await withExecutor({ total: jobs.length, parts, files }, (executor) => submitAll(executor, jobs));
  return results?.map((result, index) => ({
    place: index + 1,
    result,
    summary: result.value as unknown as RunSummary,
  }));
}
