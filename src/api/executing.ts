/** Where the trainings of a verb are done: in this process, or in child processes of this machine. */
import { type SearchConfig } from '../config/index.js';
import { isOwnFile } from '../jobs/files.js';
import {
  createLocalExecutor,
  createSerialExecutor,
  type Executor,
  type JobEvent,
  openResults,
  runRunners,
} from '../jobs/index.js';
import { programFile } from '../runs/program-file.js';
import { openData } from '../search/data.js';
import { type SearchParts } from '../search/session.js';

/** The jobs of a verb, as far as an executor has to know them. */
export interface Undone {
  /** How many there are, where that is known. */
  readonly total?: number | undefined;
  /** What trainings and searches are made of. */
  readonly parts?: SearchParts;
  /** Files of the user's own that they may load. */
  readonly files: readonly string[];
}

/** Opens an executor for jobs, gives it to `use`, and closes it; undefined where the work was stopped, after which the same call goes on. */
export type WithExecutor = <T>(jobs: Undone, use: (executor: Executor) => Promise<T>) => Promise<T | undefined>;

export interface JobsOptions {
  /** Folder of results: what is there is never done again. Default `runs/jobs`. */
  readonly results?: string | undefined;
  /** Stops the work; what was finished is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how the jobs stand. */
  readonly onJob?: ((event: JobEvent) => void) | undefined;
}

export interface ProcessesOptions extends JobsOptions {
  /** Jobs at a time; one per processor by default. */
  readonly workers?: number | undefined;
}

/** The module that child processes run. */
export const jobProgram = programFile('api/job-process');

/** Jobs one after another in this process: for data in memory, and parts that are values. */
export function inThisProcess({ results = 'runs/jobs', ...options }: JobsOptions = {}): WithExecutor {
  return ({ parts, files }, use) => {
    const runners = parts
      ? runRunners(async (config) => ({ ...parts, config, data: openData(config, parts.dataset) }))
      : {};
    return using(createSerialExecutor({ results: openResults(results), runners, files }), options, use);
  };
}

/** Jobs in child processes of this machine, which load parts by their names or files. */
export function inProcesses({ results = 'runs/jobs', workers, ...options }: ProcessesOptions = {}): WithExecutor {
  return ({ files }, use) =>
    using(
      createLocalExecutor({
        program: jobProgram,
        results: openResults(results),
        files,
        ...(workers !== undefined && { workers }),
      }),
      options,
      use,
    );
}

async function using<T>(
  executor: Executor,
  { signal, onJob }: JobsOptions,
  use: (executor: Executor) => Promise<T>,
): Promise<T | undefined> {
  const stop = (): void => void executor.close().catch(() => {}); // waited for below, where its failure is told
  signal?.addEventListener('abort', stop);
  if (onJob) executor.events(onJob);
  try {
    signal?.throwIfAborted();
    return await use(executor);
  } catch (error) {
    if (signal?.aborted) return undefined;
    await executor.cancel().catch(() => {}); // the first failure is the one to tell about
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await executor.close();
  }
}

/** The files of the user's own that a configuration names. */
export const ownFiles = ({ space, controller }: Pick<SearchConfig, 'space' | 'controller'>): string[] =>
  [space.name, controller.name].filter(isOwnFile);
