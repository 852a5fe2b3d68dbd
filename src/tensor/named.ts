/**
 * Parameters, gradients, optimizer slots and Fisher information are all maps from parameter name
 * to tensor. These are the few operations such maps need.
 */
import { sumOfSquares } from './kernels/reductions.js';
import { sumFromLeft } from './sum.js';
import { tf, type Tensor } from './tf.js';

export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A new map with `f` applied to every entry, under the same names. */
export function mapNamed(tensors: NamedTensors, f: (tensor: Tensor, name: string) => Tensor): NamedTensors {
  const result: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) result[name] = f(tensor, name);
  return result;
}

/** The entries with the given names; a missing one is a programming error and throws. */
export function pickNamed(tensors: NamedTensors, names: readonly string[]): NamedTensors {
  const result: Record<string, Tensor> = {};
  for (const name of names) {
    const tensor = tensors[name];
    if (!tensor) throw new Error(`no tensor named '${name}'`);
    result[name] = tensor;
  }
  return result;
}

/** The same tensors with `prefix` before their names. */
export function withPrefix(prefix: string, tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}

/** The tensors whose names begin with `prefix`, with the prefix removed. */
export function underPrefix(prefix: string, tensors: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

/** Disposes every tensor of the map. */
export function disposeNamed(tensors: NamedTensors): void {
  tf.dispose(Object.values(tensors));
}

/** Exempts every tensor of the map from the enclosing tidy; returns the map. */
export function keepNamed<T extends NamedTensors>(tensors: T): T {
  for (const tensor of Object.values(tensors)) tf.keep(tensor);
  return tensors;
}

/** Inner product of two maps with the same names: a scalar tensor. */
export function dotNamed(a: NamedTensors, b: NamedTensors): tf.Scalar {
  return tf.tidy(() => tf.addN(Object.keys(a).map((name) => tf.sum(tf.mul(a[name]!, b[name]!))))) as tf.Scalar;
}

/** Sum of the squares of all values; a scalar tensor. The tensors' own sums are added from left to right. */
export function squaredNorm(tensors: NamedTensors): tf.Scalar {
  const list = Object.values(tensors);
  if (list.length === 0) return tf.scalar(0);
  return tf.tidy(() => sumFromLeft(list.map((x) => sumOfSquares({ x }, {})))) as tf.Scalar;
}

/** Number of scalar values in the map. */
export function countNamed(tensors: NamedTensors): number {
  return Object.values(tensors).reduce((sum, tensor) => sum + tensor.size, 0);
}
