/**
 * Products with the generalized Gauss-Newton matrix.
 */
import type { NamedTensors } from '../named.js';
import { tidy, type Scalar, type Tensor } from '../tf.js';
import { hessianOperator, type HessianOperator } from './hessian-operator.js';
import { jacobianOperator } from './jacobian-operator.js';
import type { SecondOrderOptions } from './method.js';

/** A model cut in two: outputs (logits) as a function of the parameters, and the loss as a function of the outputs. */
export interface CutLoss {
  outputs: (params: NamedTensors) => Tensor;
  loss: (outputs: Tensor) => Scalar;
}

/**
 * The generalized Gauss-Newton matrix G = Jᵀ·B·J with J the Jacobian of the outputs and B the Hessian of the loss
 * with respect to them (Schraudolph 2002): positive semidefinite for convex losses, the Hessian itself for models
 * that are linear in their parameters, and for cross-entropy the Fisher information. Only `outputs` enters
 * linearly, so no second derivative of the model is needed.
 */
export function gaussNewtonOperator(
  { outputs, loss }: CutLoss,
  params: NamedTensors,
  options: SecondOrderOptions = {},
): HessianOperator {
  const jacobian = jacobianOperator(outputs, params, options);
  try {
    const hessian = hessianOperator(({ y }) => loss(y!), { y: jacobian.outputs }, options);
    return {
      method: jacobian.method === 'exact' ? hessian.method : jacobian.method,
      reasons: [...jacobian.reasons, ...hessian.reasons],
      kernels: [...new Set([...jacobian.kernels, ...hessian.kernels])].sort(),
      apply: (direction) => tidy(() => jacobian.transposeTimes(hessian.apply({ y: jacobian.times(direction) })['y']!)),
      dispose() {
        hessian.dispose();
        jacobian.dispose();
      },
    };
  } catch (error) {
    jacobian.dispose();
    throw error;
  }
}
