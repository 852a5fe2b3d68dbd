/** The state of runs. */
import { existsSync } from 'node:fs';
import { WeftError } from '../errors.js';
import { optimizerName } from '../optimizers/name.js';
import {
  type JournalEvent,
  listCheckpoints,
  listRuns as pathsOfRuns,
  openRun,
  readSummary,
  runFiles,
  type RunSummary,
  tailEvents,
} from '../runs/index.js';

export interface RunStatus {
  /** The run's directory. */
  readonly run: string;
  readonly state: 'finished' | 'unfinished' | 'not started' | 'damaged';
  readonly seed?: number;
  /** By name: of the search, then of retraining if that is different. */
  readonly optimizer?: string;
  /** For a finished run. */
  readonly summary?: RunSummary;
  /** For an unfinished one: its last event and its checkpoints. */
  readonly last?: JournalEvent;
  readonly checkpoints?: number;
  /** Why the run cannot be opened, or why its progress cannot be read. */
  readonly reason?: string;
}

/** See `listRuns` in index.ts. */
export const listRuns = (folder = 'runs'): RunStatus[] => pathsOfRuns(folder).map(statusOf);

/** See `describeRun` in index.ts. */
export const describeRun = (directory: string): RunStatus => statusOf(openRun(directory).path);

function statusOf(run: string): RunStatus {
  let known: Pick<RunStatus, 'seed' | 'optimizer'>;
  try {
    const { manifest, config } = openRun(run);
    known = { seed: manifest.seed, ...optimizersOf(config, manifest.facts['architecture'] !== undefined) };
  } catch (error) {
    if (error instanceof WeftError) return { run, state: 'damaged', reason: error.message.split('\n', 1)[0]! };
    throw error;
  }
  return { run, ...known, ...progressOf(run) };
}

/** The optimizers named in a configuration; only that of retraining if the architecture was given. */
function optimizersOf(config: unknown, given: boolean): Pick<RunStatus, 'optimizer'> {
  const { search, retrain } = config as Record<
    'search' | 'retrain',
    { readonly optimizer?: { readonly name: string }; readonly epochs?: number } | undefined
  >;
  const names = [given ? undefined : search?.optimizer, retrain?.epochs === 0 ? undefined : retrain?.optimizer]
    .filter((one) => one !== undefined)
    .map(optimizerName);
  return names.length === 0 ? {} : { optimizer: [...new Set(names)].join(', then ') };
}

function progressOf(run: string): Pick<RunStatus, 'state' | 'summary' | 'last' | 'checkpoints' | 'reason'> {
  try {
    const summary = readSummary(run);
    if (summary) return { state: 'finished', summary };
    const { events } = runFiles(run);
    const last = existsSync(events) ? tailEvents(events, 1)[0] : undefined;
    return last ? { state: 'unfinished', last, checkpoints: listCheckpoints(run).length } : { state: 'not started' };
  } catch (error) {
    if (error instanceof WeftError) return { state: 'unfinished', reason: error.message };
    throw error;
  }
}
