/** The state of recurrent layers from one batch to the next, where the examples go on. */
import { type Mode } from '../operations/operation.js';
import { type NamedTensors } from '../tensor/named.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type BatchSource } from './batch.js';

export interface Carried<T> {
  readonly result: T;
  /** What the next batch begins with; owned by the caller. */
  readonly next: NamedTensors;
}

/**
 * Runs a batch from `state` and returns what the batch has ended with. Batches that do not continue each other begin with zeros and end with nothing.
 */
export function carrying<T>(
  { continues = false }: Pick<BatchSource, 'continues'>,
  state: NamedTensors,
  mode: Mode,
  run: (mode: Mode) => T,
): Carried<T> {
  if (!continues) return { result: run(mode), next: {} };
  const next: Record<string, Tensor> = {};
  const carry = (name: string, value: Tensor): void => {
    next[name]?.dispose();
    next[name] = tf.keep(tf.clone(value));
  };
  try {
    return { result: run({ ...mode, state, carry }), next };
  } catch (error) {
    tf.dispose(Object.values(next));
    throw error;
  }
}
