/**
 * The fallback for parameters that a method does not support: the gradient is divided by the diagonal of the batch
 * gradient's own second moment, times the number of labels that it is a mean over, plus λ. The run names such
 * parameters.
 */
import { type Slots } from '../chain/state.js';
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf } from '../tensor/tf.js';

export interface FallbackOptions {
  readonly lambda: number;
  readonly labels: number;
  /**
   * The kernel after which the examples of a parameter cannot be distinguished, by parameter, if that is the reason.
   */
  readonly endedBy?: ReadonlyMap<string, string>;
  /** Receives a note for the user. */
  readonly note: (remark: string) => void;
  /** The method that falls back. */
  readonly name: string;
}

/** g/(v + λ), where v ≈ L·E[g²] is a running mean. */
export function fallBack(
  gradients: NamedTensors,
  slots: Slots,
  { lambda, labels, endedBy, note, name }: FallbackOptions,
): NamedTensors {
  for (const parameter of Object.keys(gradients)) {
    const kernel = endedBy?.get(parameter);
    const why = kernel
      ? `cannot tell the examples of ${parameter} apart before the kernel '${kernel}'`
      : `has no form for ${parameter}`;
    note(`'${name}' ${why}: its gradient is divided by the diagonal of its own second moment`);
  }
  return mapNamed(gradients, (gradient, parameter) => {
    const now = tf.mul(tf.square(gradient), labels);
    const before = slots.get('fallback', parameter);
    const v = before ? tf.add(tf.mul(before, DECAY), tf.mul(now, 1 - DECAY)) : now;
    slots.set('fallback', parameter, v);
    return tf.div(gradient, tf.add(v, lambda));
  });
}

const DECAY = 0.95;
