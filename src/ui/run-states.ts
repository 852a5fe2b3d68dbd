/** The state of the runs in a folder, from a few small files of each. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { WeftError } from '../errors.js';
import { type Run, openRun, readSummary, runFiles, type RunSummary, lockState, tailEvents } from '../runs/index.js';
import { fileInside, folderInside } from './inside-folder.js';

export interface RunState {
  readonly name: string;
  readonly state: 'running' | 'stopped' | 'finished' | 'damaged';
  readonly run?: Run;
  readonly summary?: RunSummary;
  /** Its progress, or its error. */
  readonly detail: string;
}

export interface RunStates {
  /** Whether the folder is itself a run. */
  readonly alone: boolean;
  /** Names of the runs in the folder, newest first. */
  names(): string[];
  /** Undefined if the folder has no such run. */
  of(name: string): RunState | undefined;
}

/** Number of runs whose last state is cached. */
const REMEMBERED = 2000;

/** The runs in `root`, or the one that `root` itself is. */
export function runStatesIn(root: string): RunStates {
  const alone = fileInside(root, 'manifest.json') !== undefined;
  const known = new Map<string, { readonly version: string; readonly standing: RunState }>();
  const pathOf = (name: string): string => (alone ? root : join(root, name));
  const names = (): string[] =>
    alone
      ? [basename(root)]
      : readdirSync(root)
          .filter((name) => folderInside(root, name) !== undefined && fileInside(root, name, 'manifest.json'))
          .sort()
          .reverse();
  return {
    alone,
    names,
    of(name) {
      const path = pathOf(name);
      if (alone ? name !== basename(root) : !isName(name) || !folderInside(root, name)) return undefined;
      if (!fileInside(root, ...(alone ? [] : [name]), 'manifest.json')) return undefined;
      const version = versionOf(path);
      const remembered = known.get(name);
      if (remembered?.version === version) return remembered.standing;
      const standing = { name, ...look(root, path) };
      if (known.size >= REMEMBERED) known.clear();
      known.set(name, { version, standing });
      return standing;
    },
  };
}

/** A name in a folder that does not lead out of it. */
const isName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);

/** Changes whenever the state may have changed. */
function versionOf(path: string): string {
  const { manifest, config, events, summary, lock, sums } = runFiles(path);
  const files = [manifest, config, events, summary, sums].map((file) => {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat ? `${stat.mtimeMs}/${stat.size}/${stat.ino}` : '-';
  });
  return [...files, standingOf(lock)].join(' ');
}

/** A path that `look` rejects is not a server error. */
function standingOf(lock: string): string {
  try {
    return lockState(lock);
  } catch (error) {
    if (error instanceof WeftError) return error.message;
    throw error;
  }
}

function look(root: string, path: string): Omit<RunState, 'name'> {
  const files = runFiles(path);
  const foreign = [files.config, files.events, files.summary, files.sums, files.lock].find(
    (file) => statSync(file, { throwIfNoEntry: false }) && !isInside(root, file),
  );
  if (foreign)
    return { state: 'damaged', detail: `${basename(foreign)} leads out of the folder of runs or is not a file` };
  try {
    const run = openRun(path);
    const held = lockState(files.lock);
    const summary = readSummary(path);
    const working = held === 'alive' || held === 'unknown';
    const detail = whereIs(files.events);
    if (summary && !working) return { state: 'finished', run, summary, detail: '' };
    return { state: working ? 'running' : 'stopped', run, ...(summary && { summary }), detail };
  } catch (error) {
    if (error instanceof WeftError) return { state: 'damaged', detail: error.message.split('\n', 1)[0]! };
    throw error;
  }
}

const isInside = (root: string, file: string): boolean => fileInside(root, file.slice(root.length)) !== undefined;

/** The last event in words. */
function whereIs(events: string): string {
  if (!statSync(events, { throwIfNoEntry: false })) return 'no events yet';
  const last = tailEvents(events, 1)[0];
  if (!last) return 'no events yet';
  const { epoch } = last;
  const where = typeof epoch === 'number' ? `, epoch ${epoch + 1}` : '';
  return `${PHASES.get(last.type) ?? last.type}${where}`;
}

const PHASES = new Map([
  ['search-started', 'beginning'],
  ['weights-step', 'training shared weights'],
  ['weights-epoch', 'training shared weights'],
  ['controller-round', 'training the controller'],
  ['epoch', 'searching'],
  ['preferences', 'searching'],
  ['candidate', 'evaluating candidates'],
  ['derived', 'derived'],
  ['comparison', 'derived'],
  ['retrain-started', 'retraining'],
  ['retrain-epoch', 'retraining'],
  ['tested', 'tested'],
  ['assessed', 'tested'],
  ['search-finished', 'writing the results'],
]);
