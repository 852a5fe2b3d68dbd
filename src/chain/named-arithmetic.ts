/** Sums and multiples of named tensors, inside a tidy. */
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf, type Scalar, type Tensor } from '../tensor/tf.js';

/** factor·a. */
export function scaled(a: NamedTensors, factor: number | Scalar): NamedTensors {
  const scalar = typeof factor === 'number' ? tf.scalar(factor) : factor;
  return mapNamed(a, (tensor) => tf.mul(tensor, scalar));
}

/** a + factor·b, for the names of a; entries missing from b are a's. */
export function plusScaled(a: NamedTensors, factor: number | Scalar, b: NamedTensors): NamedTensors {
  const scalar = typeof factor === 'number' ? tf.scalar(factor) : factor;
  return mapNamed(a, (tensor, name) => (b[name] ? tf.add(tensor, tf.mul(b[name], scalar)) : tensor));
}

/** a ∘ b, for the names of a. */
export function product(a: NamedTensors, b: NamedTensors): NamedTensors {
  return zipNamed(a, b, (x, y) => tf.mul(x, y));
}

/** a - b, for the names of a. */
export function difference(a: NamedTensors, b: NamedTensors): NamedTensors {
  return zipNamed(a, b, (x, y) => tf.sub(x, y));
}

/** f applied to every pair of entries with the same name; b has at least the names of a. */
function zipNamed(a: NamedTensors, b: NamedTensors, f: (x: Tensor, y: Tensor) => Tensor): NamedTensors {
  return mapNamed(a, (tensor, name) => f(tensor, b[name]!));
}
