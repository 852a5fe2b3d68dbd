import { curvatureRms, hessianDiagonal } from '../../chain/hutchinson.js';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { type Preconditioner } from '../contract.js';
import { hessianTimes } from './model.js';

export interface AdaHessianOptions {
  readonly damping: number;
  readonly beta2: number;
  readonly power: number;
}

/** g/(√v̂ᵏ + λ) with v the mean of D², D = |z ∘ Hz| for random signs z, as the optimizer of that name (Yao et al. 2021). */
export function adaHessianPreconditioner({ damping, ...options }: AdaHessianOptions): Preconditioner {
  const name = 'adahessian';
  return {
    name,
    request: () => undefined,
    precondition({ gradients, parameters, slots, context, charge }) {
      let notes: string[] = [];
      const estimates = hessianDiagonal(
        {
          gradients,
          context,
          hessianTimes(vector) {
            const found = hessianTimes(context, parameters, vector, name);
            ({ notes } = found);
            charge(3);
            return found.product;
          },
        },
        { optimizer: name },
      );
      const diagonal = curvatureRms(estimates, slots, options);
      return {
        gradients: mapNamed(gradients, (gradient, parameter) =>
          tf.div(gradient, tf.add(diagonal[parameter]!, damping)),
        ),
        notes,
      };
    },
  };
}
