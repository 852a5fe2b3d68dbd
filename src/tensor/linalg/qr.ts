/**
 * QR factorization of tall matrices.
 */
import { QrDecomposition } from 'ml-matrix';
import { WeftError } from '../../errors.js';
import { boolAttribute } from '../kernels/raw-op.js';
import { tf, type Tensor } from '../tf.js';
import { triangularSolve } from './cholesky.js';
import { defineFactorization, type PrecisionOption } from './factorization.js';
import { diagonalPart, lowerTriangle, scaleColumns, transpose } from './matrices.js';

const qrKernel = defineFactorization<{ a: Tensor }>({
  name: 'WeftQr',
  op: 'Qr',
  attributes: () => [boolAttribute('full_matrices', false)],
  outputRanks: [2, 2],
  plain: ([a]) => {
    const decomposition = new QrDecomposition(a!);
    return [decomposition.orthogonalMatrix, decomposition.upperTriangularMatrix];
  },
  // Signs are arbitrary; requiring a non-negative diagonal of R makes the factors unique.
  normalize: ([q, r]) => {
    const sign = tf.sub(tf.mul(2, tf.cast(tf.greaterEqual(diagonalPart(r!), 0), 'float32')), 1);
    return [scaleColumns(q!, sign), tf.mul(r!, tf.expandDims(sign, -1))];
  },
  failure: 'has no QR factorization',
  save: [],
  // dA = (dQ + Q·C)·R⁻ᵀ with C the lower triangle of R·dRᵀ − dQᵀ·Q copied to the upper one.
  backward: ([dq, dr], [q, r], { precision }) => ({
    a: () => {
      const m = tf.sub(tf.matMul(r!, lowerTriangle(transpose(dr!))), tf.matMul(dq!, q!, true, false));
      const lower = lowerTriangle(m, 0.5);
      const left = tf.add(dq!, tf.matMul(q!, tf.add(lower, transpose(lower))));
      return transpose(triangularSolve(transpose(r!), transpose(left), { adjoint: true, precision }));
    },
  }),
});

export interface Qr {
  /** [...,m,n] with orthonormal columns. */
  q: Tensor;
  /** [...,n,n], upper triangular with a non-negative diagonal. */
  r: Tensor;
}

/**
 * A = Q·R of matrices A [...,m,n], m ≥ n. Gradient: Walter & Lehmann (2018), "Algorithmic differentiation
 * of linear algebra functions", section 3; it needs full rank.
 */
export function qr(a: Tensor, { precision = 'float32' }: PrecisionOption = {}): Qr {
  const [rows, columns] = a.shape.slice(-2) as [number, number];
  if (a.rank < 2 || rows < columns) {
    throw new WeftError(
      'operation',
      `QR of a tensor [${a.shape}]`,
      'the matrix must have at least as many rows as columns',
    );
  }
  const [q, r] = qrKernel({ a }, { precision });
  return { q: q!, r: r! };
}
