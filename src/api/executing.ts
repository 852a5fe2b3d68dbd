/** Where the trainings of a verb are done: in this process, or in child processes of this machine. */
import { WeftError } from '../errors.js';
import {
  createLocalExecutor,
  createSerialExecutor,
  type Executor,
  type JobEvent,
  openResults,
  type Results,
  runRunners,
} from '../jobs/index.js';
import { programFile } from '../runs/program-file.js';
import { openData } from '../search/data.js';
import { type SearchParts } from '../search/session.js';
import { loadOwnParts } from './registry.js';

/** The jobs of a verb, as far as an executor has to know them. */
export interface Undone {
  /** How many there are, where that is known. */
  readonly total?: number | undefined;
  /** What trainings and searches are made of. */
  readonly parts?: SearchParts;
  /** Files of the user's own that they may load. */
  readonly files: readonly string[];
}

/**
 * Opens an executor for jobs, gives it to `use`, and closes it; undefined if the work was stopped; the same call then
 * continues.
 */
export type WithExecutor = <T>(jobs: Undone, use: (executor: Executor) => Promise<T>) => Promise<T | undefined>;

export interface JobsOptions {
  /** Folder of results: what is there is never done again. Default `runs/jobs`. */
  readonly results?: string | undefined;
  /** Stops the work; what was finished is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the state of the jobs. */
  readonly onJob?: ((event: JobEvent) => void) | undefined;
  /** Called for results that were damaged and are computed again. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

export interface ProcessesOptions extends JobsOptions {
  /** Jobs at a time; one per processor by default. */
  readonly workers?: number | undefined;
}

/** The module that child processes run. */
export const jobProgram = programFile('api/job-process');

/** Jobs one after another in this process: for data in memory, and parts that are values. */
export function inThisProcess(options: JobsOptions = {}): WithExecutor {
  return ({ parts, files }, use) => {
    const runners = parts
      ? runRunners(async (config) => {
          const own = await loadOwnParts(config);
          return { ...parts, config, data: openData(config, parts.dataset), ...(own && { own }) };
        })
      : {};
    return using(() => createSerialExecutor({ results: resultsOf(options), runners, files }), options, use);
  };
}

/** Jobs in child processes of this machine, which load parts by their names or files. */
export function inProcesses({ workers, ...options }: ProcessesOptions = {}): WithExecutor {
  return ({ files }, use) => {
    requireWhole('workers', workers, 1);
    return using(
      () =>
        createLocalExecutor({
          program: jobProgram,
          results: resultsOf(options),
          files,
          ...(workers !== undefined && { workers }),
        }),
      options,
      use,
    );
  };
}

/** The folder of results, which says what in it was damaged. */
export const resultsOf = ({ results = 'runs/jobs', onTrouble }: Pick<JobsOptions, 'results' | 'onTrouble'>): Results =>
  openResults(results, onTrouble && { onDamage: onTrouble });

/** Throws WeftError('config') for what is not a whole number of at least `least`, where it was given. */
export function requireWhole(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw new WeftError(
    'config',
    `${name} must be a whole number of at least ${least}${value === 0 ? ': no process could do the jobs' : ''}`,
    'leave it out for the default',
  );
}

/** Opens an executor, gives it to `use`, and closes it; undefined where the signal ended the work. */
export async function using<T>(
  open: () => Executor | Promise<Executor>,
  { signal, onJob }: JobsOptions,
  use: (executor: Executor) => Promise<T>,
): Promise<T | undefined> {
  let executor: Executor | undefined;
  const stop = (): void => void executor?.close().catch(() => {}); // awaited below, where its failure is reported
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    executor = await open();
    if (onJob) executor.events(onJob);
    signal?.throwIfAborted();
    return await use(executor);
  } catch (error) {
    if (signal?.aborted) return undefined;
    await executor?.cancel().catch(() => {}); // the first failure is the one to tell about
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await executor?.close();
  }
}
