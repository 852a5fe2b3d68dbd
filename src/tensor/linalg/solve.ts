/**
 * Inverses and solutions of general square systems, by LU factorization with pivoting.
 */
import { inverse as invert, LuDecomposition } from 'ml-matrix';
import { decide } from '../kernels/decide.js';
import { boolAttribute } from '../kernels/raw-op.js';
import { tf, tidy, type Tensor } from '../tf.js';
import { assertRightHandSide } from './cholesky.js';
import { defineFactorization, type Precision, type PrecisionOption } from './factorization.js';
import { assertSquare } from './matrices.js';

const solveKernel = defineFactorization<{ a: Tensor; b: Tensor }>({
  name: 'WeftSolve',
  op: 'MatrixSolve',
  attributes: ({ adjoint = false }) => [boolAttribute('adjoint', adjoint)],
  outputRanks: [2],
  plain: ([a, b], { adjoint = false }) => [new LuDecomposition(adjoint ? a!.transpose() : a!).solve(b!)],
  failure: 'is singular',
  save: ['a'],
  // X = A⁻¹B: dB = A⁻ᵀ·dX, dA = −dB·Xᵀ; with Aᵀ in place of A, dA = −X·dBᵀ.
  backward: ([dx], [a, x], { adjoint = false, precision }) => {
    const db = (): Tensor => solve(a!, dx!, { adjoint: !adjoint, precision });
    return {
      b: db,
      a: () => tf.neg(adjoint ? tf.matMul(x!, db(), false, true) : tf.matMul(db(), x!, false, true)),
    };
  },
});

const inverseKernel = defineFactorization<{ a: Tensor }>({
  name: 'WeftInverse',
  op: 'MatrixInverse',
  attributes: () => [boolAttribute('adjoint', false)],
  outputRanks: [2],
  plain: ([a]) => [invert(a!)],
  failure: 'is singular to working precision',
  accept: ({ a }, [inverted], { precision, wellConditioned }) =>
    wellConditioned === true || isWellConditioned(a, inverted!, precision),
  save: [],
  // Y = A⁻¹: dA = −Yᵀ·dY·Yᵀ.
  backward: ([dy], [y]) => ({ a: () => tf.neg(tf.matMul(tf.matMul(y!, dy!, true, false), y!, false, true)) }),
});

/** Distance from 1 to the next number. */
export const EPSILON: Record<Precision, number> = { float32: 2 ** -23, float64: 2 ** -52 };

export interface SolveOptions extends PrecisionOption {
  /** Solve Aᵀ·X = B instead. */
  adjoint?: boolean;
}

export interface InverseOptions extends PrecisionOption {
  /**
   * The caller knows that the matrix is far from singular: the condition number, which takes several passes over it, is
   * not computed.
   */
  wellConditioned?: boolean;
}

/** X with A·X = B, for A [...,n,n] and B [...,n,k]. Throws a `numeric` WeftError where A is exactly singular. */
export function solve(a: Tensor, b: Tensor, { adjoint = false, precision = 'float32' }: SolveOptions = {}): Tensor {
  assertSquare(a);
  assertRightHandSide(a, b);
  return solveKernel({ a, b }, { adjoint, precision })[0]!;
}

/**
 * A⁻¹ of each matrix [...,n,n]. Throws a `numeric` WeftError where the condition number ‖A‖₁·‖A⁻¹‖₁ reaches
 * the reciprocal of the precision, beyond which no digit of the result would be correct.
 */
export function inverse(a: Tensor, { precision = 'float32', wellConditioned = false }: InverseOptions = {}): Tensor {
  assertSquare(a);
  return inverseKernel({ a }, { precision, wellConditioned })[0]!;
}

/** Whether the largest ‖A‖₁·‖A⁻¹‖₁ of the batch leaves any digit of the inverse. */
function isWellConditioned(a: Tensor, inverted: Tensor, precision: Precision): boolean {
  const norm = (m: Tensor): Tensor => tf.max(tf.sum(tf.abs(m), -2), -1);
  return tidy(() => decide(tf.max(tf.mul(norm(a), norm(inverted))), (condition) => condition < 1 / EPSILON[precision]));
}
