import { curvatureRms, hessianDiagonal } from '../../chain/hutchinson.js';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { type Link } from '../../chain/link.js';

export interface AdaHessianOptions {
  readonly damping: number;
  readonly beta2: number;
  readonly power: number;
}

/**
 * g/(√v̂ᵏ + λ) with v the mean of D², D = |z ∘ Hz| for random signs z, as in the optimizer of that name (Yao et al.
 * 2021).
 */
export function adaHessianPreconditioner({ damping, ...options }: AdaHessianOptions): Link {
  const name = 'adahessian';
  return {
    name,
    layers: () => undefined,
    update(gradients, step) {
      const diagonal = curvatureRms(hessianDiagonal(gradients, step, { optimizer: name }), step, options);
      return mapNamed(gradients, (gradient, parameter) => tf.div(gradient, tf.add(diagonal[parameter]!, damping)));
    },
  };
}
