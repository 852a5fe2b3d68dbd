/**
 * The parts of every estimate of Fisher information, here and in preconditioners: labels drawn from a model, and
 * squares of per-example gradients.
 */
import { type Rng } from '../tensor/rng.js';
import { tf, type Tensor } from '../tensor/tf.js';

/** Draws a class for each row of probabilities [N,K]. */
export function drawClasses(
  probabilities: Float32Array | Int32Array | Uint8Array,
  classes: number,
  { categorical }: Rng,
): Int32Array {
  return Int32Array.from({ length: probabilities.length / classes }, (_, n) =>
    categorical(probabilities.subarray(n * classes, (n + 1) * classes)),
  );
}

/**
 * Standard deviation of each target around its output in the likelihood whose −log p is the squared error; see
 * `squaredErrors`.
 */
export const targetDeviation = (targets: number): number => Math.sqrt(targets / 2);

/** Independent standard normal numbers. */
export const drawNormals = (count: number, { normal }: Rng): Float32Array =>
  Float32Array.from({ length: count }, normal);

/**
 * Σₙ (aₙ·gₙᵀ)² entry by entry, of inputs a [N,I] and output gradients g [N,O] -> [I,O]: the square of a product is the
 * product of the squares.
 */
export function squaresOfProducts(a: Tensor, g: Tensor): Tensor {
  return tf.matMul(tf.square(a), tf.square(g), true, false);
}

/** Σₙ gₙ² of the gradients of all examples [N,...]. */
export function squaresOfExamples(gradients: Tensor): Tensor {
  return tf.sum(tf.square(gradients), 0);
}
