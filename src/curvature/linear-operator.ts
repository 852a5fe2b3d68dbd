/**
 * Linear operators given by their products, and conversion between vectors and named tensors.
 */
import { countNamed, type NamedTensors } from '../tensor/named.js';
import type { Rng } from '../tensor/rng.js';
import { tf, tidy, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';

/** A square matrix A as a function. */
export interface LinearOperator {
  /** Number of rows and columns. */
  readonly size: number;
  /** A·v; the vector is borrowed, the caller owns the result. */
  apply(v: Tensor1D): Tensor1D;
}

/** All entries concatenated, in the order of the names in `like`. */
export function flatten(tensors: NamedTensors, like: NamedTensors = tensors): Tensor1D {
  return tidy(() => tf.concat(Object.keys(like).map((name) => tf.reshape(tensors[name]!, [-1]))) as Tensor1D);
}

/** The inverse of `flatten`: names and shapes as in `like`. */
export function unflatten(vector: Tensor1D, like: NamedTensors): NamedTensors {
  return tidy(() => {
    const entries = Object.entries(like);
    const parts = tf.split(
      vector,
      entries.map(([, { size }]) => size),
    );
    return Object.fromEntries(entries.map(([name, { shape }], i) => [name, tf.reshape(parts[i]!, shape)]));
  });
}

/** An operator on named tensors as one on vectors. */
export function operatorOnVectors(
  apply: (direction: NamedTensors) => NamedTensors,
  like: NamedTensors,
): LinearOperator {
  return {
    size: countNamed(like),
    apply: (v) => tidy(() => flatten(apply(unflatten(v, like)), like)),
  };
}

/** A matrix [n,n] as an operator. */
export function matrixOperator(matrix: Tensor2D): LinearOperator {
  return { size: matrix.shape[0], apply: (v) => tidy(() => tf.reshape(tf.matMul(matrix, tf.expandDims(v, 1)), [-1])) };
}

/** The matrix [n,n] of an operator, column by column: n products, for small n. */
export function denseMatrix({ size, apply }: LinearOperator): Tensor2D {
  return tidy(
    () =>
      tf.stack(
        tf.unstack(tf.eye(size)).map((column) => apply(column as Tensor1D)),
        1,
      ) as Tensor2D,
  );
}

/** Independent standard normal numbers. */
export function normalVector(size: number, rng: Rng): Tensor1D {
  return tf.tensor1d(Float32Array.from({ length: size }, () => rng.normal()));
}

/** Independent signs. */
export function rademacherVector(size: number, rng: Rng): Tensor1D {
  return tf.tensor1d(Float32Array.from({ length: size }, () => (rng.uniform() < 0.5 ? -1 : 1)));
}

/** a·b as a number. */
export function dot(a: Tensor, b: Tensor): number {
  return tidy(() => tf.sum(tf.mul(a, b)).dataSync()[0]!);
}
