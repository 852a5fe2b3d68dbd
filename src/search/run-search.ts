/** A whole search from code: what `weft search` does, without a terminal. */
import { basename } from 'node:path';
import { checkParts } from './check-parts.js';
import { checkConfig, type SearchConfig, type SearchConfigInput } from '../config/index.js';
import { type ControllerFactory } from '../controller/contract.js';
import { type SpaceFactory } from '../graph/define-space.js';
import { type Json } from '../operations/operation.js';
import { createRun, lockRun, openRun, type Run, runFiles, type RunSummary } from '../runs/index.js';
import { loadBackend } from '../tensor/backend.js';
import { type ConductOptions, conductSearch } from './conduct.js';
import { openData } from './data.js';
import { type SearchParts } from './session.js';

export interface SearchRequest extends Pick<ConductOptions, 'onEvent' | 'shouldStop'> {
  /** What differs from the defaults; the fields of a configuration file. */
  readonly config?: SearchConfigInput;
  readonly space: SpaceFactory;
  readonly controller: ControllerFactory;
  /** Where the run's directory is made. Default `runs`. */
  readonly runs?: string;
}

export interface SearchOutcome {
  /** The run's directory. */
  readonly run: string;
  /** Undefined where `shouldStop` ended it: `resumeSearch` goes on. */
  readonly summary: RunSummary | undefined;
}

/**
 * Searches, retrains the best from scratch, tests it once, and leaves a run directory as `weft search` does. The space's and the controller's options are
 * `config.space` and `config.controller`; their names are those of the given parts unless the configuration names the files that define them, which `weft resume`
 * and `weft report` then find. Throws WeftError('config') on a wrong configuration.
 */
export async function runSearch({
  config: input = {},
  space,
  controller,
  runs = 'runs',
  ...options
}: SearchRequest): Promise<SearchOutcome> {
  const config = checkConfig({
    ...input,
    space: { name: space.name, ...input.space },
    controller: { name: controller.name, ...input.controller },
  });
  const backend = await loadBackend(config.backend);
  const parts = { config, space, controller, data: openData(config) };
  return conductLocked(beginRun(runs, parts, backend), parts, { ...options, budget: config.budget }, false);
}

/** Goes on with a run that was stopped or killed, from its last checkpoint. */
export async function resumeSearch(
  directory: string,
  { space, controller, ...options }: Omit<SearchRequest, 'config' | 'runs'>,
): Promise<SearchOutcome> {
  const run = openRun(directory);
  const config = checkConfig(run.config);
  await loadBackend(backendOf(run, config));
  return conductLocked(
    run,
    { config, space, controller, data: openData(config) },
    { ...options, budget: config.budget },
    true,
  );
}

/** Makes the directory of a new run, with everything it starts from, unless the parts cannot go together; `architecture` is the one that is trained alone, if it is no search. */
export function beginRun(runs: string, parts: SearchParts, backend: string, architecture?: string): Run {
  checkParts(parts, architecture);
  const {
    config,
    space,
    data: { record, listing },
  } = parts;
  return createRun(runs, {
    name: config.recipe ?? `${space.name} ${record.name}`,
    seed: config.seed,
    config: config as unknown as Json,
    files: dataFiles(listing),
    facts: { data: record, backend, ...(architecture !== undefined && { architecture }) },
  });
}

/** The file in which a run keeps the hashes of the single files of its data. */
export const dataFiles = (listing: string | undefined): Record<string, string> =>
  listing === undefined ? {} : { [basename(runFiles('').dataFiles)]: listing };

/** The backend that a run began with, which its continuation needs too. */
export function backendOf({ manifest }: Run, config: SearchConfig): SearchConfig['backend'] {
  return (manifest.facts['backend'] as SearchConfig['backend']) ?? config.backend;
}

async function conductLocked(
  run: Run,
  parts: SearchParts,
  options: Omit<ConductOptions, 'guard'>,
  resume: boolean,
): Promise<SearchOutcome> {
  const lock = await lockRun(run.path);
  try {
    return { run: run.path, summary: await conductSearch(run, parts, { ...options, guard: lock.check }, resume) };
  } finally {
    lock.release();
  }
}
