/**
 * The ends of a spectrum.
 */
import { largestOf } from '../statistics/extremes.js';
import { tf, tidy, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { lanczos, ritz, type LanczosOptions, type Ritz, type Tridiagonal } from './lanczos.js';
import type { LinearOperator } from './linear-operator.js';

export interface Eigenpair {
  value: number;
  /** [n], of length one; its sign is arbitrary. */
  vector: Tensor1D;
  /** ‖A·v − λ·v‖: some eigenvalue of A is within this distance of λ. */
  residual: number;
}

export interface ExtremeEigenpairs {
  /** The largest, in descending order. */
  largest: Eigenpair[];
  /** The smallest (most negative), in ascending order. */
  smallest: Eigenpair[];
  /** Number of products, without those for the residuals. */
  steps: number;
}

export interface EigenvalueOptions extends LanczosOptions {
  /** How many pairs to return at the upper end; 1 by default. */
  largest?: number;
  /** How many at the lower end; 1 by default. */
  smallest?: number;
  /** The iteration ends when all residuals are estimated to be below this fraction of the largest |λ|. */
  tolerance?: number;
}

/**
 * Eigenpairs at both ends of the spectrum of a symmetric operator, by Lanczos. Both, because power iteration returns
 * the end of larger magnitude, which changes sides during training. The residual is computed with one more product
 * per pair, and is the error bar of the eigenvalue.
 */
export function extremeEigenpairs(
  operator: LinearOperator,
  { largest = 1, smallest = 1, tolerance = 1e-3, ...options }: EigenvalueOptions = {},
): ExtremeEigenpairs {
  const converged = (t: Omit<Tridiagonal, 'basis'>): boolean => {
    if (t.alpha.length < largest + smallest || t.alpha.length % 5 !== 0) return false;
    const pairs = ritz(t);
    const bound = tolerance * largestOf(pairs.values.map(Math.abs));
    return ends(pairs, largest, smallest).every((j) => t.beta.at(-1)! * Math.abs(pairs.vectors.at(-1)![j]!) <= bound);
  };
  const tridiagonal = lanczos(operator, options, converged);
  const { basis, alpha } = tridiagonal;
  const found: Eigenpair[] = [];
  try {
    const pairs = ritz(tridiagonal);
    const places = ends(pairs, largest, smallest);
    for (const j of places)
      found.push(
        eigenpair(
          operator,
          basis,
          pairs.values[j]!,
          pairs.vectors.map((row) => row[j]!),
        ),
      );
    const upper = Math.min(largest, alpha.length);
    return { largest: found.slice(0, upper), smallest: found.slice(upper), steps: alpha.length };
  } catch (error) {
    disposeEigenpairs(found);
    throw error;
  } finally {
    basis.dispose();
  }
}

/** The largest eigenvalue and its error bar. */
export function topEigenvalue(
  operator: LinearOperator,
  options: Omit<EigenvalueOptions, 'largest' | 'smallest'> = {},
): Omit<Eigenpair, 'vector'> {
  const { largest } = extremeEigenpairs(operator, { ...options, smallest: 0 });
  disposeEigenpairs(largest);
  const { value, residual } = largest[0]!;
  return { value, residual };
}

/** Disposes the vectors. */
export function disposeEigenpairs(pairs: readonly Eigenpair[]): void {
  for (const { vector } of pairs) vector.dispose();
}

/**
 * Indices of the wanted values among the ascending ones: first the largest, in descending order, then the smallest, in
 * ascending order.
 */
function ends({ values }: Ritz, largest: number, smallest: number): number[] {
  const count = values.length;
  const top = Array.from({ length: Math.min(largest, count) }, (_, i) => count - 1 - i);
  return [...top, ...Array.from({ length: Math.min(smallest, count) }, (_, i) => i)];
}

function eigenpair(operator: LinearOperator, basis: Tensor2D, value: number, coordinates: number[]): Eigenpair {
  return tidy(() => {
    const combined = tf.matMul(basis, tf.tensor2d(coordinates, [coordinates.length, 1]), true);
    const vector = tf.reshape(tf.div(combined, tf.norm(combined)), [-1]) as Tensor1D;
    const residual = tf.norm(tf.sub(operator.apply(vector), tf.mul(vector, value))).dataSync()[0]!;
    return { value, vector, residual };
  });
}
