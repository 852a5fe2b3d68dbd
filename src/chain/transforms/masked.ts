import { type Tensor } from '../../tensor/tf.js';
import { type Link } from '../link.js';

/** Whether a transform applies to the parameter with this name and this update. */
export type UpdateMask = (parameter: string, update: Tensor) => boolean;

/** The transform restricted to the parameters in the mask; the others' updates pass unchanged. */
export function masked(mask: UpdateMask, transform: Link): Link {
  return {
    name: transform.name,
    update(updates, step) {
      const concerned = Object.fromEntries(Object.entries(updates).filter(([name, update]) => mask(name, update)));
      return { ...updates, ...transform.update!(concerned, step) };
    },
  };
}
