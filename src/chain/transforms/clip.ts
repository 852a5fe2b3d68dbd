import { mapNamed, type NamedTensors, squaredNorm } from '../../tensor/named.js';
import { type Scalar, tf } from '../../tensor/tf.js';
import { type Link } from '../link.js';

/** Scales all updates by a common factor so that their global norm is at most `bound` (Pascanu et al. 2013). */
export function clipByGlobalNorm(bound: number): Link {
  return {
    name: 'clip-global-norm',
    elementwise: { slots: [] },
    update: (updates, { normOf }) => shrunk(updates, normOf(updates), bound),
  };
}

/** Scales each tensor separately so that its norm is at most `bound`. */
export function clipByNorm(bound: number): Link {
  return {
    name: 'clip-norm',
    update: (updates) => mapNamed(updates, (update) => shrunk({ update }, globalNorm({ update }), bound)['update']!),
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

/**
 * The tensors times bound/max(norm, bound), which is exactly 1 if the norm is within the bound, and NaN if the norm is
 * NaN.
 */
function shrunk(tensors: NamedTensors, norm: Scalar, bound: number): NamedTensors {
  const factor = tf.div(bound, tf.maximum(norm, bound));
  return mapNamed(tensors, (tensor) => tf.mul(tensor, factor));
}
