/**
 * Eigendecomposition of symmetric matrices and functions of them.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { decide } from '../kernels/decide.js';
import { boolAttribute } from '../kernels/raw-op.js';
import { tf, type Tensor } from '../tf.js';
import { defineFactorization, mirrorLower, type PrecisionOption } from './factorization.js';
import { assertSquare, differences, reciprocalOrZero, scaleColumns, symmetrize } from './matrices.js';
import { EPSILON } from './solve.js';

const eighKernel = defineFactorization<{ a: Tensor }>({
  name: 'WeftEigh',
  op: 'SelfAdjointEigV2',
  attributes: () => [boolAttribute('compute_v', true)],
  outputRanks: [1, 2],
  plain: ([a]) => {
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(mirrorLower(a!), {
      assumeSymmetric: true,
    });
    const order = realEigenvalues.map((_, i) => i).sort((i, j) => realEigenvalues[i]! - realEigenvalues[j]!);
    return [Matrix.rowVector(order.map((i) => realEigenvalues[i]!)), eigenvectorMatrix.subMatrixColumn(order)];
  },
  failure: 'has no converging eigendecomposition',
  save: [],
  // dA = V·(diag(dw) + F∘(Vᵀ·dV))·Vᵀ with Fᵢⱼ = 1/(wⱼ − wᵢ), symmetric part.
  backward: ([dw, dv], [w, v]) => ({
    a: () => {
      const inner = tf.mul(reciprocalOrZero(differences(w!)), tf.matMul(v!, dv!, true, false));
      const core = tf.add(inner, tf.mul(tf.eye(w!.shape.at(-1)!), tf.expandDims(dw!, -2)));
      return symmetrize(tf.matMul(tf.matMul(v!, core), v!, false, true));
    },
  }),
});

export interface Eigh {
  /** [...,n], ascending. */
  values: Tensor;
  /** [...,n,n]: column j belongs to value j. Its sign is arbitrary. */
  vectors: Tensor;
}

/**
 * A = V·diag(w)·Vᵀ of symmetric matrices A [...,n,n] (only the lower triangle is read).
 * Gradient: Giles (2008), "Collected matrix derivative results", section 3.1. Eigenvectors of equal
 * eigenvalues have no derivative; their mutual terms are taken as zero, so a result that mixes them freely
 * has a wrong gradient there.
 */
export function eigh(a: Tensor, { precision = 'float32' }: PrecisionOption = {}): Eigh {
  assertSquare(a);
  const [values, vectors] = eighKernel({ a }, { precision });
  return { values: values!, vectors: vectors! };
}

/**
 * (A + λI)^(−1/p) of symmetric positive semidefinite matrices A [count,n,n], with λ [count,1] the ridge, or the
 * rounding error of the largest eigenvalue where that is more (`raised`): a sum of few outer products has eigenvalues
 * of zero, which no smaller ridge tells from their error. One decomposition serves every λ.
 */
export function ridgedInverseRoot(a: Tensor, p: number, ridge: Tensor): { root: Tensor; raised: boolean } {
  assertSquare(a);
  const { values, vectors } = eigh(a);
  const error = tf.mul(tf.max(values, -1, true), a.shape.at(-1)! * EPSILON.float32);
  const raised = decide(tf.any(tf.greater(error, ridge)), (any) => any > 0);
  const powers = tf.pow(tf.add(tf.relu(values), tf.maximum(ridge, error)), -1 / p);
  return { root: tf.matMul(scaleColumns(vectors, powers), vectors, false, true), raised };
}
