/** Ridge regression: cheap, and hard to beat with few labels. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { type Predictor } from './contract.js';
import { checkPairs, rankLabels, scaleLabels, scalingOf } from './prepare.js';

const STRENGTHS = [0.01, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

/**
 * w = (XᵀX + λI)⁻¹Xᵀy on scaled features (Hoerl & Kennard 1970) with the λ that minimizes the leave-one-out error,
 * Σ(e_i / (1 − h_ii))². The labels are replaced by their ranks in 0..1, because a search needs the order, and a few
 * failures would otherwise outweigh it; expectations are converted back to the label at that rank. The deviation is
 * that of the expectation alone, the square root of σ²(1/n + xᵀ(XᵀX + λI)⁻¹x).
 */
export const ridge: Predictor = {
  name: 'ridge',
  formula: 'w = (XᵀX + λI)⁻¹Xᵀ rank(y), λ by leave-one-out',
  reference: 'Hoerl & Kennard 1970',
  fit(features, labels) {
    checkPairs(features, labels);
    const count = labels.length;
    const scaling = scalingOf(features);
    const rows = scaling.apply(features);
    const { ranks, labelAt, range } = rankLabels(labels);
    const { scaled, centre, spread } = scaleLabels(ranks);
    const x = new Matrix(rows);
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(x.transpose().mmul(x), {
      assumeSymmetric: true,
    });
    const rotated = x.mmul(eigenvectorMatrix);
    const squares = realEigenvalues.map((value) => Math.max(0, value));
    const projected = rotated.transpose().mmul(Matrix.columnVector(scaled)).to1DArray();
    const fitWith = (strength: number): { weights: number[]; error: number; noise: number } => {
      const weights = projected.map((value, j) => value / (squares[j]! + strength));
      let [error, noise] = [0, 0];
      for (let i = 0; i < count; i++) {
        // The mean uses one degree of freedom.
        let [fitted, leverage] = [0, 1 / count];
        for (let j = 0; j < weights.length; j++) {
          const value = rotated.get(i, j);
          fitted += value * weights[j]!;
          leverage += (value * value) / (squares[j]! + strength);
        }
        const residual = scaled[i]! - fitted;
        error += (residual / Math.max(1e-6, 1 - leverage)) ** 2;
        noise += residual * residual;
      }
      return { weights, error, noise: noise / count };
    };
    const fits = STRENGTHS.map((strength) => ({ strength, ...fitWith(strength) }));
    const best = fits.reduce((a, b) => (b.error < a.error ? b : a));
    const axes = eigenvectorMatrix.transpose().to2DArray();
    return {
      predict(others) {
        const mean = new Float64Array(others.length);
        const deviation = new Float64Array(others.length);
        scaling.apply(others).forEach((row, i) => {
          let [value, variance] = [0, 1 / count];
          for (let j = 0; j < best.weights.length; j++) {
            const axis = axes[j]!;
            let one = 0;
            for (let k = 0; k < row.length; k++) one += row[k]! * axis[k]!;
            value += one * best.weights[j]!;
            variance += (one * one) / (squares[j]! + best.strength);
          }
          mean[i] = labelAt(centre + spread * value);
          deviation[i] = range * spread * Math.sqrt(best.noise * variance);
        });
        return { mean, deviation };
      },
    };
  },
};
