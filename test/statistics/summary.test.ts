import { expect } from 'chai';
import {
  mean,
  median,
  quantile,
  standardDeviation,
  standardError,
  wilsonInterval,
} from '../../src/statistics/index.js';

describe('summaries of samples', () => {
  it('are undefined for too few values', () => {
    expect(mean([])).to.be.NaN;
    expect(standardDeviation([1])).to.be.NaN;
    expect(standardDeviation([1, 3])).to.be.closeTo(Math.SQRT2, 1e-15);
    expect(standardError([1, 3])).to.be.closeTo(1, 1e-15);
    expect(quantile([3, 1], 0.25)).to.equal(1.5);
    expect(median([5, 1, 3])).to.equal(3);
    expect(mean([1, 2, 6])).to.equal(3);
  });
});

describe('the interval of a proportion', () => {
  it('is Wilson’s', () => {
    // Roots of (p - x)² = z² x (1 - x) / n.
    const [low, high] = wilsonInterval(0.9, 50);
    for (const x of [low, high]) expect((0.9 - x) ** 2).to.be.closeTo((1.959964 ** 2 * x * (1 - x)) / 50, 1e-12);
    expect(wilsonInterval(1, 360)[1]).to.be.closeTo(1, 1e-12);
  });
});
