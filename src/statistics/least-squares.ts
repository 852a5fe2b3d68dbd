/** Ordinary least squares with any number of columns. */
import { largestOf } from './extremes.js';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

export interface LeastSquares {
  /** One per column; the minimum-norm solution if columns are linearly dependent. */
  readonly coefficients: readonly number[];
  /** Standard error of each, from the residual variance; NaN if no degrees of freedom are left. */
  readonly standardErrors: readonly number[];
  readonly rank: number;
  /** Fraction of the variance of `y` about zero that is explained. */
  readonly explained: number;
}

/** Eigenvalues below this fraction of the largest count as zero. */
const TOLERANCE = 1e-10;

/**
 * Minimizes |X b - y|² by the eigenvectors of XᵀX; `rows` are those of X. `spent` degrees of freedom were used
 * elsewhere, for example for subtracted means.
 */
export function leastSquares(rows: readonly (readonly number[])[], y: readonly number[], spent = 0): LeastSquares {
  const columns = rows[0]?.length ?? 0;
  if (columns === 0) return { coefficients: [], standardErrors: [], rank: 0, explained: 0 };
  const x = new Matrix(rows);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(x.transpose().mmul(x), {
    assumeSymmetric: true,
  });
  const least = TOLERANCE * largestOf(realEigenvalues);
  const kept = realEigenvalues.flatMap((value, i) => (value > least && value > 0 ? [i] : []));
  const basis = eigenvectorMatrix.subMatrixColumn(kept);
  if (kept.length === 0)
    return {
      coefficients: Array<number>(columns).fill(0),
      standardErrors: Array<number>(columns).fill(NaN),
      rank: 0,
      explained: 0,
    };
  const projected = basis.transpose().mmul(x.transpose()).mmul(Matrix.columnVector(y)).to1DArray();
  const scaled = projected.map((value, i) => value / realEigenvalues[kept[i]!]!);
  const coefficients = basis.mmul(Matrix.columnVector(scaled)).to1DArray();
  const total = y.reduce((sum, value) => sum + value * value, 0);
  const fitted = projected.reduce((sum, value, i) => sum + value * scaled[i]!, 0);
  const free = y.length - kept.length - spent;
  const variance = free > 0 ? Math.max(0, total - fitted) / free : NaN;
  return {
    coefficients,
    standardErrors: coefficients.map((_, column) =>
      Math.sqrt(
        variance * kept.reduce((sum, value, i) => sum + basis.get(column, i) ** 2 / realEigenvalues[value]!, 0),
      ),
    ),
    rank: kept.length,
    explained: total > 0 ? fitted / total : 0,
  };
}
