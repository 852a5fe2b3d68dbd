/** Ascent directions, in the metric of each sharpness-aware optimizer. */
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { type Scalar, type Tensor, tf, tidy } from '../../tensor/tf.js';
import { product, scaled } from '../../chain/named-arithmetic.js';
import { globalNorm } from '../../chain/transforms/clip.js';

/** Added to norms to guard divisions, as in the reference implementations. */
export const NORM_EPSILON = 1e-12;

/** rho M g/|M^(1/2) g| for a diagonal metric given by its root M^(1/2): the steepest way up to a distance of rho. */
export function ascent(gradients: NamedTensors, rho: number, metricRoot: NamedTensors): NamedTensors {
  const rooted = product(gradients, metricRoot);
  return scaled(product(rooted, metricRoot), radiusOver(rho, normOf(rooted)));
}

/** The norm over all tensors. */
export const normOf = (tensors: NamedTensors): Scalar => tidy(() => globalNorm(tensors));

/** rho/norm, the factor that scales a vector of that norm to length rho. */
export const radiusOver = (rho: number | Scalar, norm: Scalar): Scalar => tf.div(rho, tf.add(norm, NORM_EPSILON));

/** sum of a ∘ b over all tensors. */
function innerProduct(a: NamedTensors, b: NamedTensors): Tensor {
  return tidy(() => tf.addN(Object.keys(a).map((name) => tf.sum(tf.mul(a[name]!, b[name]!)))));
}

/** a - b (a·b)/|b|^2: the part of a that is orthogonal to b. */
export function orthogonalPart(a: NamedTensors, b: NamedTensors): NamedTensors {
  const share = tf.div(innerProduct(a, b), tf.add(tf.square(normOf(b)), NORM_EPSILON));
  return mapNamed(a, (tensor, name) => tf.sub(tensor, tf.mul(b[name]!, share)));
}
