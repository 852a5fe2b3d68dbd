/** Carries the state of recurrent layers from one batch to the next if the examples continue. */
import { type Mode } from '../operations/operation.js';
import { type NamedTensors } from '../tensor/named.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type BatchSource } from './batch.js';

export interface Carried<T> {
  readonly result: T;
  /** The initial states of the next batch; owned by the caller. */
  readonly next: NamedTensors;
}

/**
 * Runs a batch from `state` and returns its final states. Batches that do not continue each other start from zeros and
 * return none.
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
