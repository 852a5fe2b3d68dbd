/**
 * Long sequences of raw operations on native ids, with no tensor objects in between: a tensor costs as much as a
 * small operation.
 */
import { type Tensor } from '../library.js';
import { constant, type NativeBackend, type OpAttribute, T } from './raw-op.js';

const FLOAT = T.value as number;

/** A tensor of the native library that the engine does not know. */
export type NativeId = number;

/** Owns the results of its operations until they are released, freed one by one, or the session ends. */
export interface RawSession {
  /** Runs an operation with one output. */
  run(op: string, attributes: readonly OpAttribute[], inputs: readonly NativeId[]): NativeId;
  /** Runs an operation with several outputs. */
  runMany(op: string, attributes: readonly OpAttribute[], inputs: readonly NativeId[], outputs: number): NativeId[];
  /** The id of a tensor, borrowed. */
  idOf(tensor: Tensor): NativeId;
  constant(value: number | readonly number[], dtype?: 'int32' | 'float32'): NativeId;
  /** Makes a result a tensor of the engine. */
  release(id: NativeId, shape: readonly number[]): Tensor;
  free(...ids: NativeId[]): void;
  /** Frees all results that are left. */
  end(): void;
}

export function rawSession(backend: NativeBackend): RawSession {
  const { binding } = backend;
  const owned = new Set<NativeId>();
  const runMany: RawSession['runMany'] = (op, attributes, inputs, outputs) =>
    binding.executeOp(op, attributes, inputs, outputs).map(({ id }) => {
      owned.add(id);
      return id;
    });
  const free = (id: NativeId): void => {
    if (owned.delete(id)) binding.deleteTensor(id);
  };
  return {
    runMany,
    run: (op, attributes, inputs) => runMany(op, attributes, inputs, 1)[0]!,
    idOf: (tensor) => backend.getInputTensorIds([tensor])[0]!,
    constant: (value, dtype = 'int32') => constant(backend, value, dtype).nativeId,
    release(id, shape) {
      owned.delete(id);
      return backend.createOutputTensor({ id, shape, dtype: FLOAT });
    },
    free: (...ids) => ids.forEach(free),
    end: () => owned.forEach(free),
  };
}
