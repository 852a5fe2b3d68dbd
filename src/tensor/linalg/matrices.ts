/**
 * Small operations on batches of matrices [...,rows,columns] that TensorFlow.js lacks; all are differentiable.
 */
import { WeftError } from '../../errors.js';
import { tf, type Tensor } from '../tf.js';

/** aᵀ of each matrix. */
export function transpose(a: Tensor): Tensor {
  const axes = a.shape.map((_, i) => i);
  return tf.transpose(a, [...axes.slice(0, -2), a.rank - 1, a.rank - 2]);
}

/** (a + aᵀ)/2 of each matrix. */
export function symmetrize(a: Tensor): Tensor {
  return tf.mul(0.5, tf.add(a, transpose(a)));
}

/** The diagonals [...,n] of square matrices. */
export function diagonalPart(a: Tensor): Tensor {
  return tf.sum(tf.mul(a, tf.eye(a.shape.at(-1)!)), -1);
}

/** Lower triangles, the diagonal multiplied by `diagonal`. */
export function lowerTriangle(a: Tensor, diagonal = 1): Tensor {
  const [rows, columns] = a.shape.slice(-2) as [number, number];
  const mask = tf.buffer([rows, columns], 'float32');
  for (let i = 0; i < rows; i++)
    for (let j = 0; j <= Math.min(i, columns - 1); j++) mask.set(i === j ? diagonal : 1, i, j);
  return tf.mul(a, mask.toTensor());
}

/** Scales column j of each matrix by scale[...,j]: a·diag(scale). */
export function scaleColumns(a: Tensor, scale: Tensor): Tensor {
  return tf.mul(a, tf.expandDims(scale, -2));
}

/** values[...,j] − values[...,i] at [...,i,j]. */
export function differences(values: Tensor): Tensor {
  return tf.sub(tf.expandDims(values, -2), tf.expandDims(values, -1));
}

/** 1/x, or 0 where x is 0. */
export function reciprocalOrZero(x: Tensor): Tensor {
  const zero = tf.equal(x, 0);
  return tf.where(zero, tf.zerosLike(x), tf.div(1, tf.where(zero, tf.onesLike(x), x)));
}

/** Throws unless the last two axes are equally long. */
export function assertSquare(a: Tensor): void {
  if (a.rank >= 2 && a.shape.at(-1) === a.shape.at(-2)) return;
  throw new WeftError(
    'operation',
    `a tensor [${a.shape}] is not a square matrix`,
    'the last two axes must have the same length',
  );
}
