/** Runs a study by name, from its options to its result files. */
import { join } from 'node:path';
import {
  type FinishedStudy,
  parseStudyOptions,
  performOn,
  runStudy as runLoaded,
  type Study,
  StudyStopped,
  type StudySetting,
} from '../studies/index.js';
import { WeftError } from '../errors.js';
import { type FileReference, referTo } from '../jobs/files.js';
import { type BackendName, loadBackend } from '../tensor/backend.js';
import { type WithExecutor } from './executors.js';
import { loadController, loadSpace, loadStudy } from './registry.js';

export interface StudyRequest {
  /** The study's own options. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Seed of every random draw. Default 1. */
  readonly seed?: number | undefined;
  /** Parent folder of the folder of results. Default `runs`. */
  readonly runs?: string | undefined;
  /** The folder of results itself; `RUNS/study-NAME` by default. */
  readonly out?: string | undefined;
  /** The best that loads by default. */
  readonly backend?: BackendName | undefined;
  /** Stops the study; nothing is written in that case. */
  readonly signal?: AbortSignal | undefined;
  readonly shouldStop?: (() => boolean) | undefined;
  /** Threads of each of its units. */
  readonly threads?: number | undefined;
  /** Where the units of the study run; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
  readonly onStart?: ((study: Study, backend: BackendName) => void) | undefined;
  readonly onProgress?: StudySetting['progress'] | undefined;
}

/** See `runStudy` in index.ts. */
export async function runStudy(study: string | Study, request: StudyRequest = {}): Promise<FinishedStudy | undefined> {
  const { options = {}, seed = 1, runs = 'runs', signal, shouldStop, threads, withExecutor } = request;
  const found = await loadStudy(study);
  parseStudyOptions(found, options); // before the backend is loaded, which takes seconds
  request.onStart?.(found, await loadBackend(request.backend));
  const setting = {
    options,
    seed,
    folder: request.out ?? join(runs, `study-${found.name}`),
    parts: { space: loadSpace, controller: loadController },
    shouldStop: () => signal?.aborted === true || shouldStop?.() === true,
    ...(request.onProgress && { progress: request.onProgress }),
  };
  try {
    if (!withExecutor) return await runLoaded(found, setting);
    const reference = referenceTo(study);
    return await withExecutor({ files: typeof reference === 'string' ? [] : [study as string] }, (executor) =>
      runLoaded(found, { ...setting, perform: performOn(executor, found, threads, reference) }),
    );
  } catch (error) {
    if (error instanceof StudyStopped) return undefined;
    throw error;
  }
}

/** How other processes locate the study; one passed as a value has no file to load. */
function referenceTo(study: string | Study): string | FileReference {
  if (typeof study === 'string') return referTo(study);
  throw new WeftError(
    'unsupported',
    `other processes cannot do parts of the study '${study.name}', which is a value of your program`,
    'put it into a file of its own and name that, or leave the executor out',
  );
}
