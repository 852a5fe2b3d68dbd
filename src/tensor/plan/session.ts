/** Running a recorded step as one call of a native session. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NativeBackend } from '../kernels/raw-op.js';
import { type Recording, type ValueIndex } from './recording.js';
import { type Execution, sourceValues, wantedValues } from './replay.js';
import { savedModel } from './saved-model.js';

/** An execution by one native call, or why there is none: an operation without a form in a graph, or no room for the session's file. */
export function sessionOf(
  backend: NativeBackend,
  recording: Recording<never, unknown>,
  folder: string = tmpdir(),
): Execution | { reason: string } {
  const graph = savedModel(recording);
  if ('missing' in graph) return { reason: `the operation '${graph.missing}' has no form in a graph` };
  const loaded = load(backend, graph.bytes, folder);
  if (typeof loaded !== 'number') return loaded;
  const wanted = wantedValues(recording);
  const { binding } = backend;
  const count = sourceValues(recording).length;
  return {
    run(ids) {
      if (ids.length !== count) throw new Error(`a session of ${count} inputs got ${ids.length}`);
      const results = binding.runSavedModel(loaded, ids, graph.feeds, graph.fetches);
      return new Map(wanted.map((value, i): [ValueIndex, (typeof results)[number]] => [value, results[i]!]));
    },
    dispose: () => binding.deleteSavedModel(loaded),
  };
}

/** The library reads a session from a folder; the folder is needed for no longer than that. */
function load({ binding }: NativeBackend, bytes: Uint8Array, parent: string): number | { reason: string } {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(parent, 'weft-step-'));
    writeFileSync(join(folder, 'saved_model.pb'), bytes);
    return binding.loadSavedModel(folder, 'serve');
  } catch (error) {
    return { reason: (error as Error).message };
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
