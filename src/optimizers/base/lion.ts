import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { optimizer } from '../entry.js';
import { type Link } from '../../chain/link.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { assemble, commonOptions, fraction } from './assemble.js';

export interface LionOptions {
  /** Weight of the momentum in the direction. */
  beta1?: number;
  /** Fraction of the momentum that is kept at each step. */
  beta2?: number;
}

/**
 * u <- sign(beta1 m + (1 - beta1) u), m <- beta2 m + (1 - beta2) u with the u that came in (Chen et al. 2023, algorithm
 * 2).
 */
export function signOfMomentum({ beta1 = 0.9, beta2 = 0.99 }: LionOptions = {}): Link {
  return {
    name: 'lion',
    elementwise: { slots: ['m'] },
    update(updates, { slots }) {
      return mapNamed(updates, (update, name) => {
        const m = slots.get('m', name);
        slots.set('m', name, movingMean(m, update, beta2));
        return tf.sign(movingMean(m, update, beta1));
      });
    },
  };
}

export const lion = optimizer({
  name: 'lion',
  kind: 'base',
  cost: '1',
  formula: 'u <- sign(b1 m + (1 - b1) g); m <- b2 m + (1 - b2) g; w <- w - lr (u + decay w)',
  reference: 'Chen et al. 2023, arXiv 2302.06675',
  schema: z.strictObject({
    name: z.literal('lion'),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.99),
    ...commonOptions({ learningRate: 1e-4, decayPlace: 'step' }),
  }),
  create: (options, setting) => assemble(options, setting, [signOfMomentum(options)]),
});
