import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { type Link } from '../link.js';

export interface TraceOptions {
  /** Fraction of the trace that is kept at each step. */
  decay?: number;
  nesterov?: boolean;
}

/**
 * m <- mu m + u; u <- m, or u + mu m with Nesterov's look-ahead (Sutskever et al. 2013). The first trace is the
 * gradient.
 */
export function trace({ decay = 0.9, nesterov = false }: TraceOptions = {}): Link {
  return {
    name: 'trace',
    elementwise: { slots: ['trace'] },
    update(updates, { slots }) {
      const mu = tf.scalar(decay);
      return mapNamed(updates, (update, name) => {
        const previous = slots.get('trace', name);
        const next = previous ? tf.add(update, tf.mul(mu, previous)) : tf.clone(update);
        slots.set('trace', name, next);
        return nesterov ? tf.add(update, tf.mul(mu, next)) : next;
      });
    },
  };
}
