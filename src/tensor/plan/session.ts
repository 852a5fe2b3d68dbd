/** Runs a recorded step as one call of a native session. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATA_TYPES, type NativeBackend, type OutputMetadata } from '../kernels/raw-op.js';
import { type Recording, type ValueIndex } from './recording.js';
import { type StepGraph } from './function-graph.js';
import { type Execution, wantedValues } from './replay.js';
import { isScalar, savedModel } from './saved-model.js';

/** A function that the native library has loaded. */
export interface LoadedGraph {
  /** Its results for these arguments, which are borrowed; the caller owns the results. */
  run(ids: readonly number[]): OutputMetadata[];
  dispose(): void;
}

/** Loads a function, or returns why it cannot be loaded: no room for the file, an operation that this build lacks. */
export function loadedGraph(
  { binding }: NativeBackend,
  { bytes, feeds, fetches }: StepGraph,
  parent: string = tmpdir(),
): LoadedGraph | { reason: string } {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(parent, 'weft-step-'));
    writeFileSync(join(folder, 'saved_model.pb'), bytes);
    // The library reads the folder only once, while loading.
    const session = binding.loadSavedModel(folder, 'serve');
    return {
      run: (ids) => binding.runSavedModel(session, ids, feeds, fetches),
      dispose: () => binding.deleteSavedModel(session),
    };
  } catch (error) {
    return { reason: (error as Error).message };
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** An execution of a recording by one native call, or why there is none. */
export function sessionOf(
  backend: NativeBackend,
  recording: Recording<never, unknown>,
  folder?: string,
): Execution | { reason: string } {
  const graph = savedModel(recording);
  if ('missing' in graph) return { reason: `the operation '${graph.missing}' cannot be written to a graph` };
  const loaded = loadedGraph(backend, graph, folder);
  if ('reason' in loaded) return loaded;
  const wanted = wantedValues(recording);
  const { declared } = recording;
  const { binding } = backend;
  return {
    run(ids, numbers) {
      const own = declared.flatMap((one, i) =>
        isScalar(one) ? [] : [binding.createTensor(one.shape, DATA_TYPES.float32, numbers[i]!)],
      );
      const scalars = numbers.flatMap((one, i) => (isScalar(declared[i]!) ? [one[0]!] : []));
      if (scalars.length > 0)
        own.push(binding.createTensor([scalars.length], DATA_TYPES.float32, Float32Array.from(scalars)));
      try {
        const results = loaded.run([...ids, ...own]);
        return new Map(wanted.map((value, i): [ValueIndex, OutputMetadata] => [value, results[i]!]));
      } finally {
        own.forEach((id) => binding.deleteTensor(id));
      }
    },
    dispose: loaded.dispose,
  };
}
