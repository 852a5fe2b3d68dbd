/** Tensors of random numbers from a named stream. */
import { stream } from '../../src/tensor/rng.js';
import { tf, type Tensor, type Tensor1D } from '../../src/tensor/tf.js';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

export interface Draws {
  normal(shape: number[], deviation?: number): Tensor;
  /** Integers below `limit`, int32. */
  whole(count: number, limit: number): Tensor1D;
}

export function draws(name: string): Draws {
  const rng = stream('bench', name);
  return {
    normal: (shape, deviation = 1) =>
      tf.tensor(
        Float32Array.from({ length: sizeOf(shape) }, () => deviation * rng.normal()),
        shape,
      ),
    whole: (count, limit) =>
      tf.tensor1d(
        Int32Array.from({ length: count }, () => rng.int(limit)),
        'int32',
      ),
  };
}
