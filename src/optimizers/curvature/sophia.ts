import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { assemble, commonOptions, fraction, positive } from '../base/assemble.js';
import { optimizer } from '../entry.js';
import { type Link } from '../../chain/link.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { clippedOverDiagonal } from '../../chain/transforms/over-diagonal.js';
import { dueFor, hessianDiagonal } from '../../chain/hutchinson.js';

export interface SophiaOptions {
  beta2?: number;
  /** Updates of a parameter between two estimates of its curvature. */
  every?: number;
}

/**
 * d <- h, the decaying mean of z ∘ H z, refreshed every k updates (Liu et al. 2024, algorithm 3 with algorithm 1's
 * estimator).
 */
export function sophia({ beta2 = 0.99, every = 10 }: SophiaOptions = {}): Link {
  return {
    name: 'sophia',
    gradientEvaluations: 1 + 3 / every,
    update(gradients, step) {
      const { slots, handOn } = step;
      const due = dueFor(Object.keys(gradients), every, step);
      if (due.length > 0) {
        for (const [name, estimate] of Object.entries(
          hessianDiagonal(gradients, step, { optimizer: 'sophia', names: due }),
        )) {
          slots.set('h', name, movingMean(slots.get('h', name), estimate, beta2));
        }
      }
      handOn(mapNamed(gradients, (_, name) => slots.get('h', name)!));
      return gradients;
    },
  };
}

export const sophiaEntry = optimizer({
  name: 'sophia',
  kind: 'curvature',
  cost: '1 + 3/every (1.3)',
  formula: 'h <- mean of z Hz every k steps; m <- mean of g; w <- w - lr (clip(m/max(rho h, eps), 1) + decay w)',
  reference: 'Liu et al. 2024, arXiv 2305.14342 (Sophia-H)',
  schema: z.strictObject({
    name: z.literal('sophia'),
    beta1: fraction.default(0.96),
    beta2: fraction.default(0.99),
    epsilon: positive.default(1e-12),
    rho: positive.default(0.01).describe('times the curvature; smaller clips more'),
    every: z.int().min(1).default(10).describe('updates from one estimate of curvature to the next'),
    ...commonOptions({ learningRate: 1e-3, decayPlace: 'step' }),
  }),
  create: (options, setting) => [sophia(options), ...assemble(options, setting, [clippedOverDiagonal(options)])],
});
