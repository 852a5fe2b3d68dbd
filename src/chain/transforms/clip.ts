import { mapNamed, type NamedTensors, squaredNorm } from '../../tensor/named.js';
import { type Scalar, tf } from '../../tensor/tf.js';
import { type Link } from '../link.js';

/** Scales all updates together so that their common norm is at most `bound` (Pascanu et al. 2013). */
export function clipByGlobalNorm(bound: number): Link {
  return {
    name: 'clip-global-norm',
    elementwise: { slots: [] },
    update: (updates) => shrunk(updates, bound),
  };
}

/** Scales each tensor by itself so that its norm is at most `bound`. */
export function clipByNorm(bound: number): Link {
  return {
    name: 'clip-norm',
    update: (updates) =>
      mapNamed(updates, (update) => tf.mul(update, tf.div(bound, tf.maximum(globalNorm({ update }), bound)))),
  };
}

/** Limits every coordinate to [-bound, bound]. */
export function clipByValue(bound: number): Link {
  return {
    name: 'clip-value',
    elementwise: { slots: [] },
    update: (updates) => mapNamed(updates, (update) => tf.clipByValue(update, -bound, bound)),
  };
}

/** sqrt of the sum of squares over all tensors; a scalar. */
export function globalNorm(tensors: NamedTensors): Scalar {
  return tf.sqrt(squaredNorm(tensors));
}

/** The tensors times bound/norm where their norm is beyond the bound, else themselves: no pass over them for a bound that seldom binds. */
function shrunk(tensors: NamedTensors, bound: number): NamedTensors {
  const norm = globalNorm(tensors);
  // A norm that is NaN is to be seen in the result.
  if (norm.dataSync()[0]! <= bound) return tensors;
  const factor = tf.div(bound, norm);
  return mapNamed(tensors, (tensor) => tf.mul(tensor, factor));
}
