import { type GradientTransform } from '../transform.js';
import { type Mask } from './decay.js';

/** The transform for the parameters of the mask alone; the others' updates pass as they are. */
export function masked(mask: Mask, transform: GradientTransform): GradientTransform {
  return {
    name: transform.name,
    update(updates, slots, parameters, context) {
      const concerned = Object.fromEntries(Object.entries(updates).filter(([name]) => mask(name)));
      return { ...updates, ...transform.update(concerned, slots, parameters, context) };
    },
  };
}
