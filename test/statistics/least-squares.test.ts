import { expect } from 'chai';
import { leastSquares } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';

describe('least squares', () => {
  it('fit a line as the textbook does', () => {
    const x = [0, 1, 2, 3, 4];
    const y = [1.1, 2.9, 5.2, 7.1, 8.7];
    const { coefficients, standardErrors, rank } = leastSquares(
      x.map((value) => [1, value]),
      y,
    );
    // Slope Sxy / Sxx and intercept ȳ - slope x̄; standard error s / sqrt(Sxx), s² = residuals / (n - 2).
    const slope = x.reduce((sum, value, i) => sum + (value - 2) * y[i]!, 0) / 10;
    const residual = y.reduce((sum, value, i) => sum + (value - 5 - slope * (x[i]! - 2)) ** 2, 0);
    expect(coefficients[1]).to.be.closeTo(slope, 1e-12);
    expect(coefficients[0]).to.be.closeTo(5 - 2 * slope, 1e-12);
    expect(standardErrors[1]).to.be.closeTo(Math.sqrt(residual / 3 / 10), 1e-12);
    expect(rank).to.equal(2);
  });

  it('share an effect among options so that it sums to zero, with every option a column', () => {
    const rng = stream(1, 'least-squares');
    const effects = [0.3, -0.1, -0.2];
    const rows = Array.from({ length: 300 }, (_, i) => [i % 3, (i >> 2) % 2]);
    const design = rows.map(([a, b]) =>
      [0, 1, 2].map((option) => Number(option === a)).concat([0, 1].map((option) => Number(option === b))),
    );
    const y = rows.map(([a, b]) => effects[a!]! + (b === 0 ? 0.5 : -0.5) + 0.01 * rng.normal());
    const { coefficients, rank } = leastSquares(design, y);
    const intercept = coefficients.slice(0, 3).reduce((sum, value) => sum + value, 0) / 3;
    expect(rank).to.equal(4);
    effects.forEach((effect, i) => expect(coefficients[i]! - intercept).to.be.closeTo(effect, 0.005));
  });

  it('are undefined without data', () => {
    expect(leastSquares([], []).coefficients).to.deep.equal([]);
    expect(leastSquares([[0], [0]], [1, 2])).to.deep.include({ coefficients: [0], rank: 0 });
    expect(leastSquares([[1]], [2]).standardErrors[0]).to.be.NaN;
  });
});
