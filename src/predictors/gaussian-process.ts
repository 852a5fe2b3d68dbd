/** A Gaussian process. */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { WeftError } from '../errors.js';
import { median } from '../statistics/index.js';
import { type Predictor } from './contract.js';
import { checkPairs, rankLabels, scaleLabels, scalingOf } from './prepare.js';

/**
 * Grid of multiples of the median distance, noise fractions, and weights of the linear part, from which the marginal
 * likelihood selects.
 */
const LENGTHS = [0.7, 1.5, 3];
const NOISES = [0.05, 0.2, 0.6];
const SLOPES = [0, 1, 4];
/** Maximum number of labels used for the selection; the fit itself uses all of them. */
const CHOOSING = 160;

interface Kernel {
  readonly scale: number;
  readonly noise: number;
  readonly slope: number;
}

/**
 * k(a, b) = exp(−‖a − b‖² / 2ℓ²) + c a·b / d with noise s², on ranks of the labels: mean kᵀ(K + s²I)⁻¹y, variance k(x,
 * x) − kᵀ(K + s²I)⁻¹k (Rasmussen & Williams 2006, algorithm 2.1); ℓ, c and s² maximize the marginal likelihood over a
 * grid. In O(n³) for n labels: for at most a few thousand.
 */
export const gaussianProcess: Predictor = {
  name: 'gaussian-process',
  formula: 'kᵀ(K + s²I)⁻¹ rank(y), K Gaussian and linear, by marginal likelihood',
  reference: 'Rasmussen & Williams 2006, algorithm 2.1',
  fit(features, labels) {
    checkPairs(features, labels);
    const scaling = scalingOf(features);
    const rows = scaling.apply(features);
    const { ranks, labelAt, range } = rankLabels(labels);
    const { scaled, centre, spread } = scaleLabels(ranks);
    const some = rows.slice(0, CHOOSING);
    const apart = some.flatMap((a, i) => some.slice(0, i).map((b) => squaredDistance(a, b))).filter((one) => one > 0);
    const typical = apart.length > 0 ? median(apart) : 1;
    const kernels = LENGTHS.flatMap((length) =>
      NOISES.flatMap((noise) => SLOPES.map((slope): Kernel => ({ scale: 2 * typical * length ** 2, noise, slope }))),
    );
    const chosen = kernels
      .map((kernel) => ({ kernel, likelihood: solve(some, scaled.slice(0, CHOOSING), kernel).likelihood }))
      .filter(({ likelihood }) => Number.isFinite(likelihood))
      .reduce<{ kernel: Kernel; likelihood: number } | undefined>(
        (best, one) => (best && best.likelihood >= one.likelihood ? best : one),
        undefined,
      );
    if (!chosen) throw new WeftError('numeric', 'the kernel matrix of the Gaussian process cannot be factorized');
    const { kernel } = chosen;
    const { alpha, lower } = solve(rows, scaled, kernel);
    return {
      predict(others) {
        const mean = new Float64Array(others.length);
        const deviation = new Float64Array(others.length);
        const solved = new Float64Array(rows.length);
        scaling.apply(others).forEach((row, i) => {
          let value = 0;
          let variance = similarity(row, row, kernel);
          // L z = k, so that kᵀ(K + s²I)⁻¹k = zᵀz.
          rows.forEach((known, a) => {
            const near = similarity(row, known, kernel);
            value += near * alpha[a]!;
            let rest = near;
            const factors = lower[a]!;
            for (let b = 0; b < a; b++) rest -= factors[b]! * solved[b]!;
            solved[a] = rest / factors[a]!;
            variance -= solved[a] ** 2;
          });
          mean[i] = labelAt(centre + spread * value);
          deviation[i] = range * spread * Math.sqrt(Math.max(0, variance));
        });
        return { mean, deviation };
      },
    };
  },
};

function solve(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  kernel: Kernel,
): { alpha: number[]; lower: number[][]; likelihood: number } {
  const matrix = new Matrix(rows.length, rows.length);
  rows.forEach((a, i) => {
    for (let j = 0; j <= i; j++) {
      const value = similarity(a, rows[j]!, kernel) + (i === j ? kernel.noise : 0);
      matrix.set(i, j, value);
      matrix.set(j, i, value);
    }
  });
  const factor = new CholeskyDecomposition(matrix);
  const alpha = factor.solve(Matrix.columnVector([...labels])).to1DArray();
  const lower = factor.lowerTriangularMatrix.to2DArray();
  const likelihood = labels.reduce((sum, label, i) => sum - (label * alpha[i]!) / 2 - Math.log(lower[i]![i]!), 0);
  return { alpha, lower, likelihood };
}

function similarity(a: readonly number[], b: readonly number[], { scale, slope }: Kernel): number {
  let product = 0;
  for (let j = 0; j < a.length; j++) product += a[j]! * b[j]!;
  return Math.exp(-squaredDistance(a, b) / scale) + (slope * product) / a.length;
}

function squaredDistance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j]! - b[j]!) ** 2;
  return sum;
}
