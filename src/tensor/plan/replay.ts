/**
 * Runs a recorded step again, one operation after the other, on the native library's ids: no engine, tape or tensor
 * objects.
 */
import { DATA_TYPES, type NativeBackend, type OutputMetadata } from '../kernels/raw-op.js';
import { type Recording, type RecordedOperation, type ValueIndex } from './recording.js';

/**
 * A compiled step. Takes the ids of the inputs and the numbers of the declared values; returns the computed outputs and
 * requirements, by value, which the caller owns.
 */
export interface Execution {
  run(ids: readonly number[], declared: readonly Float32Array[]): Map<ValueIndex, OutputMetadata>;
  /** Frees what the execution holds between runs. */
  dispose(): void;
}

/** Values that a run has to return, each once: outputs and requirements that an operation computes. */
export function wantedValues({ outputs, requirements, operations }: Recording<never, unknown>): ValueIndex[] {
  const computed = new Set(operations.flatMap((operation) => operation.outputs));
  return [...new Set([...outputs, ...requirements].map(({ value }) => value))].filter((value) => computed.has(value));
}

/** The operations that the wanted values depend on. */
export function neededOperations(recording: Recording<never, unknown>): RecordedOperation[] {
  const needed = new Set(wantedValues(recording));
  const kept: RecordedOperation[] = [];
  for (const operation of recording.operations.toReversed()) {
    if (!operation.outputs.some((value) => needed.has(value))) continue;
    operation.inputs.forEach((value) => needed.add(value));
    kept.push(operation);
  }
  return kept.reverse();
}

/** An execution that calls the operations as the recorded run did. */
export function replayOf(backend: NativeBackend, recording: Recording<never, unknown>): Execution {
  const { binding } = backend;
  const operations = neededOperations(recording);
  const wanted = wantedValues(recording);
  const sources = [...recording.inputs.values()];
  const { declared } = recording;
  const ids = new Int32Array(recording.types.length);
  const read = new Set(operations.flatMap(({ inputs }) => inputs));
  const own: number[] = [];
  for (const { value, shape, dtype, data, lasting } of recording.constants) {
    if (!read.has(value)) continue;
    ids[value] = lasting ?? binding.createTensor(shape, dtype, data);
    if (lasting === undefined) own.push(ids[value]);
  }
  const last = lastUses(operations, wanted);
  const calls = operations.map(({ inputs, ...rest }, i) => ({
    ...rest,
    inputs,
    given: inputs.map(() => 0),
    free: last[i]!,
  }));
  return {
    run(given, numbers) {
      sources.forEach((value, i) => (ids[value] = given[i]!));
      declared.forEach(
        ({ value, shape }, i) => (ids[value] = binding.createTensor(shape, DATA_TYPES.float32, numbers[i]!)),
      );
      const found = new Map<ValueIndex, OutputMetadata>();
      const isWanted = new Set(wanted);
      let done = 0;
      try {
        for (const { op, attributes, inputs, given: inputIds, outputs, free } of calls) {
          for (let i = 0; i < inputs.length; i++) inputIds[i] = ids[inputs[i]!]!;
          const results = binding.executeOp(op, attributes, inputIds, outputs.length);
          for (let i = 0; i < outputs.length; i++) {
            const value = outputs[i]!;
            ids[value] = results[i]!.id;
            if (isWanted.has(value)) found.set(value, results[i]!);
          }
          for (const value of free) binding.deleteTensor(ids[value]!);
          done++;
        }
      } catch (error) {
        const alive = new Set(calls.slice(0, done).flatMap(({ outputs }) => outputs));
        for (const { free } of calls.slice(0, done)) free.forEach((value) => alive.delete(value));
        for (const value of alive) binding.deleteTensor(ids[value]!);
        throw error;
      } finally {
        for (const { value } of declared) binding.deleteTensor(ids[value]!);
      }
      return found;
    },
    dispose() {
      own.forEach((id) => binding.deleteTensor(id));
      own.length = 0;
    },
  };
}

/** For each operation, the computed values that no later operation reads and that are not results. */
function lastUses(operations: readonly RecordedOperation[], wanted: readonly ValueIndex[]): ValueIndex[][] {
  const done = new Set<ValueIndex>(wanted);
  const computed = new Set(operations.flatMap(({ outputs }) => outputs));
  return operations
    .toReversed()
    .map(({ inputs, outputs }) => {
      const ending = [...new Set([...inputs, ...outputs])].filter((value) => computed.has(value) && !done.has(value));
      ending.forEach((value) => done.add(value));
      return ending;
    })
    .reverse();
}
