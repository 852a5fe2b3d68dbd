/** Keeps the session of a study's unit between two attempts, so that an hour of training is not lost to a stop. */
import { existsSync } from 'node:fs';
import { type Json } from '../operations/operation.js';
import {
  describeEnvironment,
  environmentChanges,
  listCheckpoints,
  loadLatestCheckpoint,
  makeFolder,
  type RecordedEnvironment,
  removeFolder,
  runFiles,
  saveCheckpoint,
} from '../runs/index.js';
import { spaceIdentity } from '../search/conduct.js';
import { type SearchEvent } from '../search/events.js';
import { type SearchSession } from '../search/session.js';
import { disposeNamed } from '../tensor/named.js';
import { restoreCheckpoint, type SearchSnapshot, takeSnapshot } from '../search/snapshot.js';

interface KeptState {
  readonly environment: RecordedEnvironment;
  readonly events: readonly SearchEvent[];
}

/** A session that is kept in the folder of its unit, with the events so far. */
export interface KeptSession {
  /**
   * Restores the session to the last state that was saved, and returns the events until then; undefined if nothing was
   * saved, or with other threads or versions or on another machine, where the numbers would differ.
   */
  restore(): readonly SearchEvent[] | undefined;
  save(events: readonly SearchEvent[]): void;
  /** Removes what was saved: the unit is done. */
  clear(): void;
}

/** Without a folder nothing is kept. */
export function keepSession(folder: string | undefined, session: SearchSession): KeptSession {
  if (folder === undefined) return { restore: () => undefined, save: () => {}, clear: () => {} };
  const { checkpoints } = runFiles(folder);
  return {
    restore() {
      if (!existsSync(checkpoints) || listCheckpoints(folder).length === 0) return undefined;
      const { tensors, state } = loadLatestCheckpoint(folder, spaceIdentity(session));
      const { environment, events, ...saved } = state as unknown as KeptState & SearchSnapshot['state'];
      if (environmentChanges(environment, describeEnvironment()).length > 0) {
        Object.values(tensors).forEach(disposeNamed);
        removeFolder(checkpoints);
        return undefined;
      }
      restoreCheckpoint(session, { tensors, state: saved });
      return events;
    },
    save(events) {
      const { tensors, state } = takeSnapshot(session);
      const kept: KeptState = { environment: describeEnvironment(), events };
      makeFolder(checkpoints);
      saveCheckpoint(folder, spaceIdentity(session), {
        ...{ step: session.state.units, tensors, events: 0 },
        state: { ...state, ...kept } as unknown as Json,
      });
    },
    clear() {
      if (existsSync(checkpoints)) removeFolder(checkpoints);
    },
  };
}
