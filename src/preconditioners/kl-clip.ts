import { tf, type Tensor } from '../tensor/tf.js';

/**
 * The ν that shrinks a step to ν·P·g: ν = min(1, √(κ/(η²·⟨P·g, g⟩))), so that its length in the metric of the curvature stays within √κ,
 * whatever the learning rate η (Ba, Grosse & Martens 2017, section 5). `inner` are the blocks' parts of ⟨P·g, g⟩.
 */
export function klScale(inner: readonly Tensor[], bound: number, learningRate: number): number {
  if (inner.length === 0) return 1;
  const [product] = tf.addN([...inner]).dataSync();
  const length = learningRate * learningRate * Math.abs(product!);
  return length > bound ? Math.sqrt(bound / length) : 1;
}
