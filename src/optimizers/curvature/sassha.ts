import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { assemble, commonOptions, fraction, positive } from '../base/assemble.js';
import { optimizer } from '../entry.js';
import { radiusOver } from '../flatness/ascent.js';
import { scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { momentumOverDiagonal } from '../../chain/transforms/over-diagonal.js';
import { dueFor, hessianDiagonal } from '../../chain/hutchinson.js';

export interface SasshaOptions {
  rho?: number;
  beta2?: number;
  power?: number;
  every?: number;
  samples?: number;
}

/**
 * g and d at w + rho g/|g|: d <- (h/(1 - b2^t))^p, h the decaying mean of |z ∘ H z|, refreshed every k updates, t the
 * update of the
 * last refresh (Shin et al. 2025, algorithm 1).
 */
export function sassha({ rho = 0.2, beta2 = 0.999, power = 0.5, every = 10, samples = 1 }: SasshaOptions = {}): Link {
  return {
    name: 'sassha',
    gradientEvaluations: 2 + (3 * samples) / every,
    update(gradients, step) {
      const { norm, slots, scalar, gradientsAt, handOn } = step;
      const displacement = scaled(gradients, radiusOver(rho, norm));
      const perturbed = gradientsAt(displacement);
      const renewals = (updates: number): number => updates - ((updates - 1) % every);
      const due = dueFor(Object.keys(gradients), every, step);
      if (due.length > 0) {
        const estimates = hessianDiagonal(gradients, step, { optimizer: 'sassha', names: due, samples, displacement });
        for (const [name, estimate] of Object.entries(estimates)) {
          slots.set('h', name, movingMean(slots.get('h', name), tf.abs(estimate), beta2));
        }
      }
      handOn(
        mapNamed(perturbed, (_, name) =>
          tf.pow(
            tf.div(
              slots.get('h', name)!,
              scalar(({ count }) => 1 - beta2 ** renewals(count(name))),
            ),
            power,
          ),
        ),
      );
      return perturbed;
    },
  };
}

export const sasshaEntry = optimizer({
  name: 'sassha',
  kind: 'curvature',
  cost: '2 + 3 samples/every (2.3)',
  formula:
    'at w + rho g/|g|: m <- mean of g, h <- mean of |z Hz| every k steps; w <- w - lr (m^/(h^^p + eps) + decay w)',
  reference: 'Shin et al. 2025, arXiv 2502.18153',
  schema: z.strictObject({
    name: z.literal('sassha'),
    rho: z.number().min(0).default(0.2).describe('distance at which gradient and curvature are taken'),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.999),
    epsilon: positive.default(1e-4),
    power: z.number().gt(0).max(1).default(0.5).describe('power of the curvature'),
    every: z.int().min(1).default(10).describe('updates from one estimate of curvature to the next'),
    samples: z.int().min(1).max(10_000).default(1).describe('random vectors per estimate'),
    ...commonOptions({ learningRate: 0.15, decayPlace: 'step' }),
  }),
  create: (options, setting) => [sassha(options), ...assemble(options, setting, [momentumOverDiagonal(options)])],
});
