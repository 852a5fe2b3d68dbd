/** Decisions by values: whether a matrix could be factored, whether its diagonal needed more. */
import { tf, type Tensor } from '../library.js';
import { type NativeBackend } from './raw-op.js';

/**
 * What `of` says of a scalar's value. A step that decides in this way can be compiled: the recorded decision is
 * expected again, and a run in which it would be another one is repeated uncompiled.
 */
export function decide(value: Tensor, of: (value: number) => boolean): boolean {
  const backend = tf.backend() as Partial<NativeBackend>;
  return backend.binding?.decide
    ? backend.binding.decide(backend.getInputTensorIds!([value])[0]!, of)
    : of(value.dataSync()[0]!);
}
