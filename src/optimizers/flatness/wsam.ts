import { z } from 'zod';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { difference, plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { radiusOver } from './ascent.js';

export interface WeightedSamOptions {
  rho?: number;
  /** Weight of sharpness relative to the loss, gamma/(1 - gamma) to 1; 1/2 is SAM. */
  gamma?: number;
  /** Keep sharpness out of the base optimizer's statistics and subtract its gradient after the step. */
  decoupled?: boolean;
}

/**
 * L + a (L(w + e) - L) with a = gamma/(1 - gamma): g <- g + a (g_s - g), or, decoupled, the base's step with g and then
 * w <- w - lr a (g_s - g) (Yue et al. 2023, algorithms 1 and 2).
 */
export function weightedSam({ rho = 0.05, gamma = 0.9, decoupled = true }: WeightedSamOptions = {}): Link {
  const a = gamma / (1 - gamma);
  return {
    name: 'wsam',
    elementwise: { slots: [] },
    gradientEvaluations: 2,
    update(gradients, { norm, scalar, gradientsAt, moveBy }) {
      const sharpness = difference(gradientsAt(scaled(gradients, radiusOver(rho, norm))), gradients);
      if (!decoupled) return plusScaled(gradients, a, sharpness);
      const step = scalar(({ learningRate }) => -learningRate * a);
      moveBy(scaled(sharpness, step));
      return gradients;
    },
  };
}

export const weightedSamEntry = optimizer({
  name: 'wsam',
  kind: 'flatness',
  cost: '2',
  formula:
    's = (gradient at w + rho g/|g|) - g, a = gamma/(1 - gamma); base step with g + a s, or with g and w <- w - lr a s',
  reference: 'Yue et al. 2023, arXiv 2305.15817',
  schema: z.strictObject({
    name: z.literal('wsam'),
    rho: z.number().min(0).default(0.05).describe('distance of the second gradient'),
    gamma: z.number().min(0).lt(1).default(0.9).describe('weight of sharpness; 0.5 is SAM'),
    decoupled: z.boolean().default(true).describe("keep sharpness out of the base optimizer's statistics"),
    base: baseOption(),
  }),
  create: (options, setting) => [weightedSam(options), ...createBase(options.base, setting)],
});
