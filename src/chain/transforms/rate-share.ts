import { mapNamed } from '../../tensor/named.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { type GradientTransform } from '../transform.js';

/** A parameter's learning rate relative to the optimizer's. */
export type RateShare = (parameter: string, update: Tensor) => number;

/** u <- share·u, for parameter groups with learning rates of their own: after decoupled decay, which goes at the rate of its group. */
export function shareOfRate(share: RateShare): GradientTransform {
  return {
    name: 'rate-share',
    update: (updates) =>
      mapNamed(updates, (update, name) => {
        const factor = share(name, update);
        return factor === 1 ? update : tf.mul(update, factor);
      }),
  };
}
