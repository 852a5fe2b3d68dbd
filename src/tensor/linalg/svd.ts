/**
 * Singular value decomposition.
 */
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { boolAttribute } from '../kernels/raw-op.js';
import { tf, type Tensor } from '../tf.js';
import { defineFactorization, type PrecisionOption } from './factorization.js';
import { differences, reciprocalOrZero, scaleColumns, transpose } from './matrices.js';

const svdKernel = defineFactorization<{ a: Tensor }>({
  name: 'WeftSvd',
  op: 'Svd',
  attributes: () => [boolAttribute('compute_uv', true), boolAttribute('full_matrices', false)],
  outputRanks: [1, 2, 2],
  plain: ([a]) => {
    const wide = a!.rows < a!.columns;
    const { diagonal, leftSingularVectors, rightSingularVectors } = new SingularValueDecomposition(
      wide ? a!.transpose() : a!,
    );
    const [u, v] = wide ? [rightSingularVectors, leftSingularVectors] : [leftSingularVectors, rightSingularVectors];
    return [Matrix.rowVector(diagonal), u, v];
  },
  failure: 'has no converging singular value decomposition',
  save: [],
  // With Fᵢⱼ = 1/(sⱼ² − sᵢ²): dA = U·(F∘(Uᵀ·dU − dUᵀ·U)·S + S·F∘(Vᵀ·dV − dVᵀ·V) + ds)·Vᵀ
  // + (I − UUᵀ)·dU·S⁻¹·Vᵀ + U·S⁻¹·dVᵀ·(I − VVᵀ).
  backward: ([ds, du, dv], [s, u, v]) => ({
    a: () => {
      const gaps = reciprocalOrZero(differences(tf.square(s!)));
      const rotation = (basis: Tensor, gradient: Tensor): Tensor => {
        const inner = tf.matMul(basis, gradient, true, false);
        return tf.mul(gaps, tf.sub(inner, transpose(inner)));
      };
      const outside = (basis: Tensor, gradient: Tensor): Tensor =>
        scaleColumns(tf.sub(gradient, tf.matMul(basis, tf.matMul(basis, gradient, true, false))), reciprocalOrZero(s!));
      const onLeft = scaleColumns(rotation(u!, du!), s!);
      const onRight = tf.mul(tf.expandDims(s!, -1), rotation(v!, dv!));
      const values = tf.mul(tf.eye(s!.shape.at(-1)!), tf.expandDims(ds!, -2));
      const core = tf.matMul(tf.matMul(u!, tf.addN([onLeft, onRight, values])), v!, false, true);
      return tf.addN([
        core,
        tf.matMul(outside(u!, du!), v!, false, true),
        tf.matMul(u!, outside(v!, dv!), false, true),
      ]);
    },
  }),
});

export interface Svd {
  /** [...,k], descending, k = min(m, n). */
  values: Tensor;
  /** [...,m,k] with orthonormal columns; the sign of a pair of columns is free. */
  left: Tensor;
  /** [...,n,k] likewise. */
  right: Tensor;
}

/**
 * A = U·diag(s)·Vᵀ of matrices A [...,m,n]. Gradient: Townsend (2016), "Differentiating the singular value
 * decomposition"; between equal singular values its terms are taken as zero.
 */
export function svd(a: Tensor, { precision = 'float32' }: PrecisionOption = {}): Svd {
  const [values, left, right] = svdKernel({ a }, { precision });
  return { values: values!, left: left!, right: right! };
}
