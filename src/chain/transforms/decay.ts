import { type ParameterRole } from '../../operations/operation.js';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { type Link } from '../link.js';

/** Whether a transform applies to the parameter with this name. */
export type Mask = (parameter: string) => boolean;

/** The parameters with one of the given roles. */
export function hasRole(
  roleOf: (parameter: string) => ParameterRole | undefined,
  roles: readonly ParameterRole[],
): Mask {
  return (parameter) => {
    const role = roleOf(parameter);
    return role !== undefined && roles.includes(role);
  };
}

/**
 * u <- u + decay·w. Before momentum this is the gradient of (decay/2)|w|^2; after an adaptive scaling, just before the
 * learning rate, it is decoupled decay, w <- w - rate·decay·w (Loshchilov & Hutter 2019).
 */
export function addDecayedWeights(decay: number, mask: Mask = () => true): Link {
  return {
    name: 'decay',
    elementwise: { slots: [], kind: (parameter) => String(mask(parameter)) },
    update(updates, { parameters }) {
      const strength = tf.scalar(decay);
      return mapNamed(updates, (update, name) =>
        mask(name) ? tf.add(update, tf.mul(parameters[name]!, strength)) : update,
      );
    },
  };
}
