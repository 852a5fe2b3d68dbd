import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { difference, plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { normOf, orthogonalPart, radiusOver } from './ascent.js';

export interface GamOptions {
  /** Distance at which the gradient of the gradient norm is taken. */
  rho?: number;
  /** Step length of the finite differences for derivatives of the norm. */
  gradientRho?: number;
  /** Strength of the step along the orthogonal part of the loss gradient. */
  gamma?: number;
}

/**
 * First-order flatness in the accelerated form (Zhang et al. 2023): g1 at w + r ĝ0, h = g1 - g0, g2 at w' = w + rho ĥ,
 * g3 at
 * w' + r ĝ2; g <- g1 + g3 - gamma (part of g0 + g2 orthogonal to g1 + g3).
 */
export function gam({ rho = 0.2, gradientRho = 0.02, gamma = 0.03 }: GamOptions = {}): Link {
  return {
    name: 'gam',
    elementwise: { slots: [] },
    gradientEvaluations: 4,
    update(g0, { norm, gradientsAt }) {
      const g1 = gradientsAt(scaled(g0, radiusOver(gradientRho, norm)));
      const rise = difference(g1, g0);
      const away = scaled(rise, radiusOver(rho, normOf(rise)));
      const g2 = gradientsAt(away);
      const g3 = gradientsAt(plusScaled(away, radiusOver(gradientRho, normOf(g2)), g2));
      const sum = mapNamed(g1, (tensor, name) => tf.add(tensor, g3[name]!));
      const losses = mapNamed(g0, (tensor, name) => tf.add(tensor, g2[name]!));
      return plusScaled(sum, -gamma, orthogonalPart(losses, sum));
    },
  };
}

export const gamEntry = optimizer({
  name: 'gam',
  kind: 'flatness',
  cost: '4',
  formula:
    "g1 at w + r g0/|g0|; w' = w + rho h/|h|, h = g1 - g0; g2 at w'; g3 at w' + r g2/|g2|; g <- g1 + g3 - gamma perp(g0 + g2)",
  reference: 'Zhang et al. 2023, arXiv 2303.03108',
  schema: z.strictObject({
    name: z.literal('gam'),
    rho: z.number().min(0).default(0.2).describe("distance in the direction in which the gradient's norm grows"),
    gradientRho: z.number().min(0).default(0.02).describe('distance along the gradient'),
    gamma: z.number().min(0).default(0.03),
    base: baseOption(),
  }),
  create: (options, setting) => [gam(options), ...createBase(options.base, setting)],
});
