/**
 * Cholesky factorization and triangular solution.
 */
import { CholeskyDecomposition, type Matrix } from 'ml-matrix';
import { WeftError } from '../../errors.js';
import { boolAttribute } from '../kernels/raw-op.js';
import { tf, tidy, type Tensor } from '../tf.js';
import { defineFactorization, mirrorLower, type PrecisionOption } from './factorization.js';
import { assertSquare, diagonalPart, lowerTriangle, symmetrize, transpose } from './matrices.js';

const choleskyKernel = defineFactorization<{ a: Tensor }>({
  name: 'WeftCholesky',
  op: 'Cholesky',
  outputRanks: [2],
  plain: ([a]) => {
    const decomposition = new CholeskyDecomposition(mirrorLower(a!));
    if (!decomposition.isPositiveDefinite()) throw new RangeError('a pivot is not positive');
    return [decomposition.lowerTriangularMatrix];
  },
  failure: 'is not positive definite',
  save: [],
  // S = L⁻ᵀ·Φ(Lᵀ·dL)·L⁻¹, where Φ takes the lower triangle and halves its diagonal; dA is the symmetric part of S.
  backward: ([dl], [l], { precision }) => ({
    a: () => {
      const inner = lowerTriangle(tf.matMul(l!, lowerTriangle(dl!), true, false), 0.5);
      const left = triangularSolve(l!, inner, { adjoint: true, precision });
      return symmetrize(triangularSolve(l!, transpose(left), { adjoint: true, precision }));
    },
  }),
});

const triangularSolveKernel = defineFactorization<{ l: Tensor; b: Tensor }>({
  name: 'WeftTriangularSolve',
  op: 'MatrixTriangularSolve',
  attributes: ({ adjoint = false }) => [boolAttribute('lower', true), boolAttribute('adjoint', adjoint)],
  outputRanks: [2],
  plain: ([l, b], { adjoint = false }) => [adjoint ? substituteBackward(l!, b!) : substituteForward(l!, b!)],
  failure: 'is triangular with a zero on its diagonal',
  save: ['l'],
  // X = L⁻¹B: dB = L⁻ᵀ·dX, dL = −dB·Xᵀ; X = L⁻ᵀB: dB = L⁻¹·dX, dL = −X·dBᵀ. Of dL only the triangle counts.
  backward: ([dx], [l, x], { adjoint = false, precision }) => {
    const db = (): Tensor => triangularSolve(l!, dx!, { adjoint: !adjoint, precision });
    return {
      b: db,
      l: () => lowerTriangle(tf.neg(adjoint ? tf.matMul(x!, db(), false, true) : tf.matMul(db(), x!, false, true))),
    };
  },
});

/**
 * L with L·Lᵀ = A, lower triangular, of symmetric positive definite matrices A [...,n,n] (only the lower
 * triangle is read). Throws a `numeric` WeftError where A is not positive definite.
 * The gradient is that of Murray (2016), "Differentiation of the Cholesky decomposition", eq. 10, symmetric.
 */
export function cholesky(a: Tensor, { precision = 'float32' }: PrecisionOption = {}): Tensor {
  assertSquare(a);
  return choleskyKernel({ a }, { precision })[0]!;
}

export interface TriangularSolveOptions extends PrecisionOption {
  /** Solve Lᵀ·X = B instead. */
  adjoint?: boolean;
}

/** X with L·X = B for lower triangular L [...,n,n] and B [...,n,k]. */
export function triangularSolve(
  l: Tensor,
  b: Tensor,
  { adjoint = false, precision = 'float32' }: TriangularSolveOptions = {},
): Tensor {
  assertSquare(l);
  assertRightHandSide(l, b);
  return triangularSolveKernel({ l, b }, { adjoint, precision })[0]!;
}

/** X with A·X = B, where L is the Cholesky factor of A: X = L⁻ᵀ(L⁻¹B). */
export function choleskySolve(l: Tensor, b: Tensor, options: PrecisionOption = {}): Tensor {
  return tidy(() => triangularSolve(l, triangularSolve(l, b, options), { ...options, adjoint: true }));
}

/** log det A [...] of symmetric positive definite A [...,n,n]: twice the sum of log Lᵢᵢ. */
export function logDeterminant(a: Tensor, options: PrecisionOption = {}): Tensor {
  return tidy(() => tf.mul(2, tf.sum(tf.log(diagonalPart(cholesky(a, options))), -1)));
}

/** Throws unless B has as many rows as A and the same batch. */
export function assertRightHandSide(a: Tensor, b: Tensor): void {
  if (tf.util.arraysEqual(b.shape.slice(0, -1), a.shape.slice(0, -1))) return;
  throw new WeftError(
    'operation',
    `the right-hand side [${b.shape}] does not fit the matrix [${a.shape}]`,
    'all axes but the last must agree',
  );
}

function substituteForward(l: Matrix, b: Matrix): Matrix {
  const x = b.clone();
  for (let row = 0; row < l.rows; row++) {
    for (let column = 0; column < x.columns; column++) {
      let rest = x.get(row, column);
      for (let k = 0; k < row; k++) rest -= l.get(row, k) * x.get(k, column);
      x.set(row, column, rest / l.get(row, row));
    }
  }
  return x;
}

function substituteBackward(l: Matrix, b: Matrix): Matrix {
  const x = b.clone();
  for (let row = l.rows - 1; row >= 0; row--) {
    for (let column = 0; column < x.columns; column++) {
      let rest = x.get(row, column);
      for (let k = row + 1; k < l.rows; k++) rest -= l.get(k, row) * x.get(k, column);
      x.set(row, column, rest / l.get(row, row));
    }
  }
  return x;
}
