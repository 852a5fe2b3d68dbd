/**
 * Curvature relative to the sizes of the weights.
 */
import { WeftError } from '../errors.js';
import { tf, tidy, type Tensor1D } from '../tensor/tf.js';
import { type LinearOperator } from './linear-operator.js';

/**
 * T·A·T with T = diag|w|, on a vector of weights. For the Hessian its largest eigenvalue is the sharpness in ASAM's
 * metric (Kwon et al. 2021): ½ρ²λ is the rise of the loss within ‖T⁻¹ε‖ ≤ ρ to second order. It stays the same when the
 * weights before a ReLU are multiplied and those after it divided by a number, which changes the plain eigenvalue
 * arbitrarily (Dinh et al. 2017).
 */
export function scaledByWeights({ size, apply }: LinearOperator, weights: Tensor1D): LinearOperator {
  if (weights.size !== size)
    throw new WeftError(
      'operation',
      `${weights.size} weights for an operator of size ${size}`,
      'flatten the weights of the operator',
    );
  return {
    size,
    apply: (v) =>
      tidy(() => {
        const sizes = tf.abs(weights);
        return tf.mul(sizes, apply(tf.mul(sizes, v)));
      }),
  };
}
