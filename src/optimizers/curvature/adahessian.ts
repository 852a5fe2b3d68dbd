import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { assemble, commonOptions, fraction, positive } from '../base/assemble.js';
import { optimizer } from '../entry.js';
import { refined, type RefinementRule } from '../../chain/refine.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { momentumOverDiagonal } from '../../chain/transforms/over-diagonal.js';
import { hessianDiagonal } from './hutchinson.js';

export interface AdaHessianOptions {
  beta2?: number;
  /** Power of the root mean square. */
  power?: number;
}

/** d <- sqrt(v^)^k, v the decaying mean of D^2, D = |z ∘ H z| averaged over the window of each convolution kernel (Yao et al. 2021, algorithm 1). */
export function adaHessianRule({ beta2 = 0.999, power = 1 }: AdaHessianOptions = {}): RefinementRule {
  return {
    name: 'adahessian',
    gradientEvaluations: 3,
    refine(surroundings) {
      const { gradients, slots } = surroundings;
      const diagonal = mapNamed(hessianDiagonal(surroundings, { optimizer: 'adahessian' }), (estimate, name) => {
        const v = movingMean(slots.get('v', name), tf.square(overWindow(tf.abs(estimate))), beta2);
        slots.set('v', name, v);
        return tf.pow(tf.div(v, 1 - beta2 ** slots.count(name)), power / 2);
      });
      return { gradients, diagonal };
    },
  };
}

/** Means over the two window axes of a convolution kernel [h, w, in, out], at every place. */
function overWindow(estimate: Tensor): Tensor {
  return estimate.rank === 4 ? tf.add(tf.zerosLike(estimate), tf.mean(estimate, [0, 1], true)) : estimate;
}

export const adaHessian = optimizer({
  name: 'adahessian',
  kind: 'curvature',
  cost: '3',
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
  create: (options, setting) =>
    refined(assemble(options, setting, [momentumOverDiagonal(options)]), adaHessianRule(options)),
});
