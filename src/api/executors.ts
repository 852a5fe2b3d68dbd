/** Where the trainings of a command run: in this process, or in child processes on this machine. */
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

/** The jobs of a command, as far as an executor needs to know them. */
export interface PendingJobs {
  /** Their number, if known. */
  readonly total?: number | undefined;
  /** The parts that trainings and searches are made from. */
  readonly parts?: SearchParts;
  /** User files that they may load. */
  readonly files: readonly string[];
}

/**
 * Opens an executor for jobs, passes it to `use`, and closes it; undefined if the work was stopped, in which case the
 * same call continues it.
 */
export type WithExecutor = <T>(jobs: PendingJobs, use: (executor: Executor) => Promise<T>) => Promise<T | undefined>;

export interface JobsOptions {
  /** Folder of results: jobs whose results it contains are never repeated. Default `runs/jobs`. */
  readonly results?: string | undefined;
  /** Stops the work; finished results are kept. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the state of the jobs. */
  readonly onJob?: ((event: JobEvent) => void) | undefined;
  /** Called for damaged results, which are computed again. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

export interface ProcessesOptions extends JobsOptions {
  /** Number of concurrent jobs; one per processor by default. */
  readonly workers?: number | undefined;
}

/** The module that child processes run. */
export const jobProgram = programFile('api/job-process');

/** Runs jobs one after another in this process: for in-memory data, and parts passed as values. */
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

/** Runs jobs in child processes on this machine, which load parts by name or file. */
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

/** The folder of results, which reports damaged entries. */
export const resultsOf = ({ results = 'runs/jobs', onTrouble }: Pick<JobsOptions, 'results' | 'onTrouble'>): Results =>
  openResults(results, onTrouble && { onDamage: onTrouble });

/** Throws WeftError('config') unless the value, if given, is an integer of at least `least`. */
export function requireWhole(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw new WeftError(
    'config',
    `${name} must be a whole number of at least ${least}${value === 0 ? ': no process could do the jobs' : ''}`,
    'leave it out for the default',
  );
}

/** Opens an executor, passes it to `use`, and closes it; undefined if the signal ended the work. */
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
    await executor?.cancel().catch(() => {}); // the first failure is the one to report
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await executor?.close();
  }
}
