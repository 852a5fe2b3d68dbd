/**
 * Eigendecomposition of symmetric matrices and functions of them.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { WeftError } from '../../errors.js';
import { defineKernel } from '../kernels/define.js';
import { boolAttribute } from '../kernels/raw-op.js';
import { tf, tidy, type Tensor } from '../tf.js';
import { defineFactorization, mirrorLower, type Precision, type PrecisionOption } from './factorization.js';
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
  /** [...,n,n]: column j belongs to value j. Its sign is free. */
  vectors: Tensor;
}

/**
 * A = V·diag(w)·Vᵀ of symmetric matrices A [...,n,n] (only the lower triangle is read).
 * Gradient: Giles (2008), "Collected matrix derivative results", section 3.1. Eigenvectors of equal
 * eigenvalues have no derivative; their mutual terms are taken as zero, so a result that mixes them freely
 * has a wrong gradient there. For a power of the matrix use `symmetricPower`, which has none of that.
 */
export function eigh(a: Tensor, { precision = 'float32' }: PrecisionOption = {}): Eigh {
  assertSquare(a);
  const [values, vectors] = eighKernel({ a }, { precision });
  return { values: values!, vectors: vectors! };
}

interface PowerAttributes {
  power: number;
  precision: Precision;
}

const powerOf = ({ a }: { a: Tensor }, { power, precision }: PowerAttributes): Tensor =>
  tidy(() => {
    const { values, vectors } = eigh(a, { precision });
    assertPositive(values, power, precision);
    return tf.matMul(scaleColumns(vectors, tf.pow(tf.maximum(values, 0), power)), vectors, false, true);
  });

const powerKernel = defineKernel<{ a: Tensor }, PowerAttributes, Tensor>({
  name: 'WeftSymmetricPower',
  native: powerOf,
  plain: powerOf,
  gradient: {
    save: ['a'],
    // dA = V·(K∘(Vᵀ·dY·V))·Vᵀ with the divided differences Kᵢⱼ = (f(wᵢ) − f(wⱼ))/(wᵢ − wⱼ), or f′ where they meet.
    backward: (dy, [a], { power, precision }) => ({
      a: () => {
        const { values, vectors } = eigh(a!, { precision });
        const inner = tf.matMul(tf.matMul(vectors, symmetrize(dy), true, false), vectors);
        return tf.matMul(tf.matMul(vectors, tf.mul(dividedDifferences(values, power), inner)), vectors, false, true);
      },
    }),
  },
});

/**
 * Aᵖ = V·diag(wᵖ)·Vᵀ of symmetric positive (semi)definite matrices A [...,n,n], for any real power p.
 * With p < 0 every eigenvalue must exceed ε·max(w), else a `numeric` WeftError says so.
 * Gradient by divided differences (Daleckii & Krein 1965; Higham 2008, "Functions of matrices", theorem 3.11).
 */
export function symmetricPower(a: Tensor, power: number, { precision = 'float32' }: PrecisionOption = {}): Tensor {
  assertSquare(a);
  return powerKernel({ a }, { power, precision });
}

/** A^(−1/p): the inverse p-th root, as Shampoo's preconditioners take it. */
export function inverseRoot(a: Tensor, p: number, options?: PrecisionOption): Tensor {
  return symmetricPower(a, -1 / p, options);
}

/**
 * (A + λI)^(−1/p) of symmetric positive semidefinite matrices A [count,n,n], with λ [count,1] the ridge, or the rounding error of the largest
 * eigenvalue where that is more (`raised`): a sum of few outer products has eigenvalues of zero, which no smaller ridge tells from their
 * error. One decomposition, whatever λ is.
 */
export function ridgedInverseRoot(a: Tensor, p: number, ridge: Tensor): { root: Tensor; raised: boolean } {
  assertSquare(a);
  const { values, vectors } = eigh(a);
  const error = tf.mul(tf.max(values, -1, true), a.shape.at(-1)! * EPSILON.float32);
  const raised = tf.any(tf.greater(error, ridge)).dataSync()[0]! > 0;
  const powers = tf.pow(tf.add(tf.relu(values), tf.maximum(ridge, error)), -1 / p);
  return { root: tf.matMul(scaleColumns(vectors, powers), vectors, false, true), raised };
}

/** A^(1/2) of a symmetric positive semidefinite matrix. */
export function matrixSquareRoot(a: Tensor, options?: PrecisionOption): Tensor {
  return symmetricPower(a, 1 / 2, options);
}

function assertPositive(values: Tensor, power: number, precision: Precision): void {
  const n = values.shape.at(-1)!;
  const w = values.dataSync();
  for (let start = 0; start < w.length; start += n) {
    const [least, largest] = [w[start]!, w[start + n - 1]!];
    const floor = n * EPSILON[precision] * Math.max(largest, 0);
    if (power < 0 ? least > floor : least >= -floor) continue;
    throw new WeftError(
      'numeric',
      `the power ${power} of a matrix with eigenvalues from ${least.toPrecision(3)} to ${largest.toPrecision(3)} does not exist in ${precision}`,
      'add damping to the diagonal (see `damped`) or compute in float64',
    );
  }
}

/** (f(wᵢ) − f(wⱼ))/(wᵢ − wⱼ) for f(w) = wᵖ; f′ at the mean where the difference would cancel. */
function dividedDifferences(values: Tensor, power: number): Tensor {
  const positive = tf.maximum(values, 0);
  const gap = differences(positive);
  const middle = tf.mul(0.5, tf.add(tf.expandDims(positive, -1), tf.expandDims(positive, -2)));
  const close = tf.lessEqual(tf.abs(gap), tf.mul(1e-2, middle));
  const quotient = tf.div(differences(tf.pow(positive, power)), tf.where(close, tf.onesLike(gap), gap));
  return tf.where(close, tf.mul(power, tf.pow(middle, power - 1)), quotient);
}
