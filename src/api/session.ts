/** The session of a run restored from its last checkpoint: the starting point of commands on shared weights. */
import {
  describeEnvironment,
  type EnvironmentChange,
  environmentChanges,
  loadLatestCheckpoint,
  refuseChanges,
} from '../runs/index.js';
import { environmentOf, keptTables, spaceIdentity } from '../search/conduct.js';
import { requireFinite } from '../search/model.js';
import { createSession, type SearchParts, type SearchSession } from '../search/session.js';
import { restoreCheckpoint, type SearchSnapshot } from '../search/snapshot.js';
import { loadBackend } from '../tensor/backend.js';
import { type RecordedOptions, type RecordedRun } from './recorded-run.js';

/** Options of every command that evaluates with the shared weights of a run. */
export interface SessionOptions extends RecordedOptions {
  /**
   * Continues even if threads, versions or the machine differ from those of the search; rejected by default, because
   * the numbers would differ.
   */
  readonly allowChangedEnvironment?: boolean | undefined;
  /** Called with changes of the environment since then, if they are allowed. */
  readonly onChanges?: ((changes: readonly EnvironmentChange[]) => void) | undefined;
}

/**
 * The session of a run restored from its last checkpoint; nothing is written. Throws WeftError('numeric') if a shared
 * weight is NaN or infinite. The caller disposes it.
 */
export async function openSession(
  { run, backend }: RecordedRun,
  parts: SearchParts,
  { allowChangedEnvironment = false, onChanges }: Pick<SessionOptions, 'allowChangedEnvironment' | 'onChanges'>,
): Promise<SearchSession> {
  const { path } = run;
  await loadBackend(backend);
  const session = createSession({ ...parts, ...keptTables(path, parts.config) }, () => {});
  try {
    const { tensors, state } = loadLatestCheckpoint(path, spaceIdentity(session), {
      run: run.manifest,
      check(saved) {
        const changes = environmentChanges(environmentOf(run, saved), describeEnvironment());
        if (changes.length === 0) return;
        if (!allowChangedEnvironment) refuseChanges(path, changes);
        onChanges?.(changes);
      },
    });
    requireFinite(tensors['weights'] ?? {}, `the last checkpoint of ${path}`);
    restoreCheckpoint(session, { tensors, state: state as unknown as SearchSnapshot['state'] });
    return session;
  } catch (error) {
    session.dispose();
    throw error;
  }
}
