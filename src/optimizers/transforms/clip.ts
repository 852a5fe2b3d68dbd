import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { type Scalar, tf, type Tensor } from '../../tensor/tf.js';
import { type GradientTransform } from '../transform.js';

/** Scales all updates together so that their common norm is at most `bound` (Pascanu et al. 2013). */
export function clipByGlobalNorm(bound: number): GradientTransform {
  return {
    name: 'clip-global-norm',
    elementwise: { slots: [] },
    update(updates) {
      const factor = shrinkage(globalNorm(updates), bound);
      return mapNamed(updates, (update) => tf.mul(update, factor));
    },
  };
}

/** Scales each tensor by itself so that its norm is at most `bound`. */
export function clipByNorm(bound: number): GradientTransform {
  return {
    name: 'clip-norm',
    update: (updates) => mapNamed(updates, (update) => tf.mul(update, shrinkage(globalNorm({ update }), bound))),
  };
}

/** Limits every coordinate to [-bound, bound]. */
export function clipByValue(bound: number): GradientTransform {
  return {
    name: 'clip-value',
    elementwise: { slots: [] },
    update: (updates) => mapNamed(updates, (update) => tf.clipByValue(update, -bound, bound)),
  };
}

/** sqrt of the sum of squares over all tensors; a scalar. */
export function globalNorm(tensors: NamedTensors): Scalar {
  return tf.sqrt(tf.addN(Object.values(tensors).map((tensor) => tf.sum(tf.square(tensor)))));
}

/** min(1, bound/norm): exactly 1 within the bound, and at norm 0. */
function shrinkage(norm: Tensor, bound: number): Tensor {
  return tf.div(bound, tf.maximum(norm, bound));
}
