import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf, type Tensor } from '../tensor/tf.js';

/**
 * Shrinks the step to ν·P·g with ν = min(1, √(κ/(η²·⟨P·g, g⟩))): its length in the metric of the curvature stays within √κ, whatever the
 * learning rate η (Ba, Grosse & Martens 2017, section 5). `inner` are the blocks' parts of ⟨P·g, g⟩.
 */
export function klClip(gradients: NamedTensors, inner: readonly Tensor[], bound: number, learningRate: number): { gradients: NamedTensors; scale: number } {
  if (inner.length === 0) return { gradients, scale: 1 };
  const [product] = tf.addN([...inner]).dataSync();
  const length = learningRate * learningRate * Math.abs(product!);
  const scale = length > bound ? Math.sqrt(bound / length) : 1;
  return { gradients: scale === 1 ? gradients : mapNamed(gradients, (gradient) => tf.mul(gradient, scale)), scale };
}
