import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { type Link, type RateShare } from '../link.js';

/**
 * u <- share·u, for parameter groups with their own learning rates. Comes after decoupled decay, which is scaled with
 * its group's rate too.
 */
export function shareOfRate(share: RateShare): Link {
  return {
    name: 'rate-share',
    update: (updates) =>
      mapNamed(updates, (update, name) => {
        const factor = share(name, update);
        return factor === 1 ? update : tf.mul(update, factor);
      }),
  };
}
