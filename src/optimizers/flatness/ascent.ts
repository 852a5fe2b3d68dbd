/** Directions uphill, in the metric of the sharpness-aware optimizer at hand. */
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { tf, tidy } from '../../tensor/tf.js';
import { product, scaled } from '../../chain/named-arithmetic.js';
import { globalNorm } from '../../chain/transforms/clip.js';

/** Guards divisions by a norm; added to the norm, as in the reference implementations. */
export const NORM_EPSILON = 1e-12;

/** rho M g/|M^(1/2) g| for a diagonal metric given by its root M^(1/2): the steepest way up to a distance of rho. */
export function ascent(gradients: NamedTensors, rho: number, metricRoot: NamedTensors): NamedTensors {
  const rooted = product(gradients, metricRoot);
  return scaled(product(rooted, metricRoot), rho / (normOf(rooted) + NORM_EPSILON));
}

/** The norm over all tensors as a number. */
export function normOf(tensors: NamedTensors): number {
  return tidy(() => globalNorm(tensors).dataSync()[0]!);
}

/** sum of a ∘ b over all tensors, as a number. */
export function innerProduct(a: NamedTensors, b: NamedTensors): number {
  return tidy(() => tf.addN(Object.keys(a).map((name) => tf.sum(tf.mul(a[name]!, b[name]!)))).dataSync()[0]!);
}

/** a - b (a·b)/|b|^2: the part of a that is orthogonal to b. */
export function orthogonalPart(a: NamedTensors, b: NamedTensors): NamedTensors {
  const normOfB = normOf(b);
  const share = tf.scalar(innerProduct(a, b) / (normOfB * normOfB + NORM_EPSILON));
  return mapNamed(a, (tensor, name) => tf.sub(tensor, tf.mul(b[name]!, share)));
}
