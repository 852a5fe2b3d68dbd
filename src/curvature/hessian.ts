/**
 * Hessian and Gauss-Newton matrix of a loss with respect to named parameters as operators on vectors.
 */
import type { NamedTensors } from '../tensor/named.js';
import {
  gaussNewtonOperator,
  hessianOperator,
  type CutLoss,
  type HessianOperator,
  type Loss,
  type ProductMethod,
  type SecondOrderOptions,
} from '../tensor/second-order/index.js';
import { operatorOnVectors, type LinearOperator } from './linear-operator.js';

/** A curvature matrix at fixed parameters. Holds tensors until `dispose`; reports how its products are computed. */
export interface CurvatureOperator extends LinearOperator, ProductMethod {
  dispose(): void;
}

/**
 * The Hessian of `loss` at `params`, its rows in the order of the parameters' names (see `flatten`).
 *
 * @example
 * const h = hessian(loss, params);
 * const { value, residual } = topEigenvalue(h); // sharpness and its error bar
 * h.dispose();
 */
export function hessian(loss: Loss, params: NamedTensors, options?: SecondOrderOptions): CurvatureOperator {
  return onVectors(hessianOperator(loss, params, options), params);
}

/** The generalized Gauss-Newton matrix at `params`: positive semidefinite for convex losses of the outputs. */
export function gaussNewton(model: CutLoss, params: NamedTensors, options?: SecondOrderOptions): CurvatureOperator {
  return onVectors(gaussNewtonOperator(model, params, options), params);
}

function onVectors(operator: HessianOperator, params: NamedTensors): CurvatureOperator {
  const { method, reasons, kernels } = operator;
  return {
    ...operatorOnVectors((direction) => operator.apply(direction), params),
    method,
    reasons,
    kernels,
    dispose: () => operator.dispose(),
  };
}
