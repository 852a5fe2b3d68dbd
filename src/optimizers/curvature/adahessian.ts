import { z } from 'zod';
import { curvatureRms, type CurvatureRmsOptions, hessianDiagonal } from '../../chain/hutchinson.js';
import { type Link } from '../../chain/link.js';
import { momentumOverDiagonal } from '../../chain/transforms/over-diagonal.js';
import { assemble, commonOptions, fraction, positive } from '../base/assemble.js';
import { optimizer } from '../entry.js';

/** Passes on AdaHessian's root mean square of |z ∘ H z| as the diagonal. */
export function adaHessian(options: CurvatureRmsOptions = {}): Link {
  return {
    name: 'adahessian',
    gradientEvaluations: 4,
    update(gradients, step) {
      step.handOn(curvatureRms(hessianDiagonal(gradients, step, { optimizer: 'adahessian' }), step, options));
      return gradients;
    },
  };
}

export const adaHessianEntry = optimizer({
  name: 'adahessian',
  kind: 'curvature',
  cost: '4',
  formula: 'v <- mean of |z Hz|^2, z random signs; m <- mean of g; w <- w - lr (m^/(sqrt(v^)^k + eps) + decay w)',
  reference: 'Yao et al. 2021, arXiv 2006.00719',
  schema: z.strictObject({
    name: z.literal('adahessian'),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.999),
    epsilon: positive.default(1e-4),
    power: z.number().gt(0).max(1).default(1).describe('power of the curvature'),
    ...commonOptions({ learningRate: 0.15, decayPlace: 'step' }),
  }),
  create: (options, setting) => [adaHessian(options), ...assemble(options, setting, [momentumOverDiagonal(options)])],
});
