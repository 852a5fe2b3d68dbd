import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { normOf, radiusOver } from './ascent.js';

export interface FriendlySamOptions {
  rho?: number;
  /** How much of the mean gradient is removed from the perturbation. */
  sigma?: number;
  /** Fraction of the mean gradient that is kept at each step. */
  decay?: number;
}

/**
 * g <- gradient at w + rho d/|d|, d = g - sigma m with m the mean of earlier gradients (Li et al. 2024, algorithm 1);
 * at first d = g.
 */
export function friendlySam({ rho = 0.1, sigma = 1, decay = 0.9 }: FriendlySamOptions = {}): Link {
  return {
    name: 'f-sam',
    elementwise: { slots: ['mean'] },
    gradientEvaluations: 2,
    update(gradients, { slots, gradientsAt }) {
      const surprises = mapNamed(gradients, (gradient, name) => {
        const mean = slots.get('mean', name);
        slots.set('mean', name, mean ? movingMean(mean, gradient, decay) : tf.clone(gradient));
        return mean ? tf.sub(gradient, tf.mul(mean, sigma)) : gradient;
      });
      return gradientsAt(scaled(surprises, radiusOver(rho, normOf(surprises))));
    },
  };
}

export const friendlySamEntry = optimizer({
  name: 'f-sam',
  kind: 'flatness',
  cost: '2',
  formula: 'd = g - sigma m; m <- mean of g; g <- gradient at w + rho d/|d|; base step',
  reference: 'Li et al. 2024, arXiv 2403.12350',
  schema: z.strictObject({
    name: z.literal('f-sam'),
    rho: z.number().min(0).default(0.1).describe('distance of the second gradient'),
    sigma: z.number().min(0).default(1).describe('how much of the mean gradient is removed from the perturbation'),
    decay: z.number().min(0).lt(1).default(0.9).describe('share of the running mean gradient that is kept in a step'),
    base: baseOption(),
  }),
  create: (options, setting) => [friendlySam(options), ...createBase(options.base, setting)],
});
