/**
 * The exact second-order terms behind the weight plasticity loss, for models small enough to form their Hessian: the
 * reference that the diagonal penalty approximates. Plain float64.
 */
import { WeftError } from '../errors.js';

export type Matrix = readonly (readonly number[])[];

/** Negative Hessian of log p(D|θ₁,θₛ) p(θ₁,θₛ) at its maximum, private coordinates θ₁ first. */
export interface LaplacePoint {
  /** The log density at the maximum. */
  readonly value: number;
  readonly hessian: Matrix;
  readonly privateCount: number;
}

/**
 * Ω = Hₛₛ - Hₛ₁ H₁₁⁻¹ H₁ₛ: curvature in the shared weights if the private ones adapt. With zero off-diagonal blocks it
 * is Hₛₛ.
 */
export function sharedCurvature({ hessian, privateCount }: Pick<LaplacePoint, 'hessian' | 'privateCount'>): number[][] {
  const factor = cholesky(hessian.slice(0, privateCount).map((row) => row.slice(0, privateCount)));
  const shared = hessian.slice(privateCount);
  return shared.map((row) => {
    const solved = solve(factor, row.slice(0, privateCount));
    return shared.map((other, j) => row[privateCount + j]! - dot(other.slice(0, privateCount), solved));
  });
}

/**
 * log ∫ p(D|θ₁,θₛ) p(θ₁,θₛ) dθ₁ at shared weights that lie v from the maximum: value - ½ vᵀΩv + (p₁/2) log 2π - ½
 * log|H₁₁|. Exact for a Gaussian.
 */
export function logMarginal(point: LaplacePoint, v: readonly number[]): number {
  const { value, hessian, privateCount } = point;
  const factor = cholesky(hessian.slice(0, privateCount).map((row) => row.slice(0, privateCount)));
  const logDeterminant = 2 * factor.reduce((sum, row, i) => sum + Math.log(row[i]!), 0);
  return (
    value -
    quadraticForm(sharedCurvature(point), v) / 2 +
    (privateCount / 2) * Math.log(2 * Math.PI) -
    logDeterminant / 2
  );
}

/**
 * The terms in v = θₛ - θ̂ₛ of the log posterior of two models with common data: -½ vᵀHₛₛv + ½ vᵀΩv, private weights of
 * the first model unmoved. With a diagonal H it is zero: the penalty of the weight plasticity loss is a choice, not a
 * consequence.
 */
export function twoModelTerm(point: LaplacePoint, v: readonly number[]): number {
  const own = point.hessian.slice(point.privateCount).map((row) => row.slice(point.privateCount));
  return (quadraticForm(sharedCurvature(point), v) - quadraticForm(own, v)) / 2;
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const quadraticForm = (matrix: Matrix, v: readonly number[]): number =>
  dot(
    v,
    matrix.map((row) => dot(row, v)),
  );

/** Lower triangular L with L Lᵀ = a. */
function cholesky(a: Matrix): number[][] {
  const l = a.map((row) => row.map(() => 0));
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j <= i; j++) {
      const rest = a[i]![j]! - dot(l[i]!.slice(0, j), l[j]!.slice(0, j));
      if (i === j && !(rest > 0))
        throw new WeftError(
          'numeric',
          'the Hessian of the private weights is not positive definite',
          'compute it at a maximum, with a prior',
        );
      l[i]![j] = i === j ? Math.sqrt(rest) : rest / l[j]![j]!;
    }
  }
  return l;
}

/** x with L Lᵀ x = b. */
function solve(l: Matrix, b: readonly number[]): number[] {
  const y: number[] = [];
  for (let i = 0; i < b.length; i++) y.push((b[i]! - dot(l[i]!.slice(0, i), y)) / l[i]![i]!);
  const x = new Array<number>(b.length).fill(0);
  for (let i = b.length - 1; i >= 0; i--) {
    let rest = y[i]!;
    for (let k = i + 1; k < b.length; k++) rest -= l[k]![i]! * x[k]!;
    x[i] = rest / l[i]![i]!;
  }
  return x;
}
