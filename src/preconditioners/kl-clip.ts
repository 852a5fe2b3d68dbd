import { type Scalar, tf, type Tensor } from '../tensor/tf.js';

/**
 * The factor ν that shrinks a step to ν·P·g: ν = min(1, √(κ/(η²·⟨P·g, g⟩))), so that its length in the metric of the
 * curvature stays within √κ, whatever the learning rate η (Ba, Grosse & Martens 2017, section 5). `inner` are the
 * blocks' parts of ⟨P·g, g⟩, `squaredRate` is η².
 */
export function klScale(inner: readonly Tensor[], bound: number, squaredRate: Scalar): Scalar {
  if (inner.length === 0) return tf.scalar(1);
  const length = tf.mul(tf.abs(tf.addN([...inner])), squaredRate);
  return tf.sqrt(tf.div(bound, tf.maximum(length, bound)));
}
