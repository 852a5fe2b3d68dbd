import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { optimizer } from '../entry.js';
import { type Link } from '../../chain/link.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { assemble, commonOptions, fraction } from './assemble.js';

export interface PositiveNegativeOptions {
  beta1?: number;
  /** Weight of the negative momentum; 0 is ordinary momentum on every other gradient. */
  beta2?: number;
}

/**
 * Two momenta that take turns: m <- b1^2 m + (1 - b1^2) u for the one whose turn it is;
 * u <- ((1 + b2) m - b2 m')/sqrt((1 + b2)^2 + b2^2), m' being the other (Xie et al. 2021, algorithm 2).
 */
export function positiveNegativeMomentum({ beta1 = 0.9, beta2 = 1 }: PositiveNegativeOptions = {}): Link {
  return {
    name: 'pnm',
    elementwise: { slots: ['odd', 'even'] },
    update(updates, { slots, choose }) {
      const norm = Math.hypot(1 + beta2, beta2);
      const [positive, negative] = [tf.scalar((1 + beta2) / norm), tf.scalar(beta2 / norm)];
      return mapNamed(updates, (update, name) => {
        slots.advance(name);
        const [present, other] = choose(({ count }) => count(name) % 2 === 1) ? ['odd', 'even'] : ['even', 'odd'];
        const m = movingMean(slots.get(present, name), update, beta1 ** 2);
        slots.set(present, name, m);
        const opposite = slots.get(other, name);
        const pushed = tf.mul(m, positive);
        return opposite ? tf.sub(pushed, tf.mul(opposite, negative)) : pushed;
      });
    },
  };
}

export const pnm = optimizer({
  name: 'pnm',
  kind: 'base',
  cost: '1',
  formula: 'm, m_ take turns as mean of g; w <- w - lr ((1 + b2) m - b2 m_)/sqrt((1 + b2)^2 + b2^2)',
  reference: 'Xie et al. 2021, arXiv 2103.17182',
  schema: z.strictObject({
    name: z.literal('pnm'),
    beta1: fraction.default(0.9),
    beta2: z.number().min(0).default(1),
    ...commonOptions({ learningRate: 0.1, decayPlace: 'step' }),
  }),
  create: (options, setting) => assemble(options, setting, [positiveNegativeMomentum(options)]),
});
