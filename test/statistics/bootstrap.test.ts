import { expect } from 'chai';
import {
  bootstrap,
  bootstrapDifference,
  bootstrapMean,
  bootstrapPaired,
  kendallTau,
  mean,
  quantile,
  standardDeviation,
  standardError,
} from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';

const normal = (count: number, seed: number): number[] => {
  const rng = stream(seed, 'sample');
  return Array.from({ length: count }, () => rng.normal());
};

describe('bootstrap intervals', () => {
  it('of a mean are as wide as the normal approximation where that holds', () => {
    const values = normal(400, 1);
    const [low, high] = bootstrapMean(values, stream(1, 'bootstrap'), { resamples: 4000 });
    const half = 1.96 * standardError(values);
    expect(low).to.be.closeTo(mean(values) - half, 0.1 * half);
    expect(high).to.be.closeTo(mean(values) + half, 0.1 * half);
  });

  it('cover the true value about as often as they say', () => {
    let covered = 0;
    for (let seed = 0; seed < 200; seed++) {
      const [low, high] = bootstrapMean(normal(40, seed), stream(seed, 'bootstrap'), { resamples: 300 });
      if (low <= 0 && 0 <= high) covered++;
    }
    expect(covered).to.be.within(179, 199);
  });

  it('of paired differences do not count what the pairs have in common', () => {
    const common = normal(50, 2).map((value) => 100 * value);
    const noise = normal(50, 3);
    const other = common.map((value, i) => value + 1 + 0.1 * noise[i]!);
    const [low, high] = bootstrapPaired(other, common, stream(4, 'bootstrap'));
    expect([low, high].map((end) => Math.abs(end - 1) < 0.1)).to.deep.equal([true, true]);
    expect(low).to.be.below(high);
    const [apart, wide] = bootstrapDifference(other, common, stream(4, 'bootstrap'));
    expect(wide - apart).to.be.above(100 * (high - low));
  });

  it('take any statistic, and leave out draws where it is undefined', () => {
    const x = [1, 2, 3];
    const y = [1, 2, 4];
    expect(bootstrapPaired(x, y, stream(5, 'b'), { statistic: kendallTau })).to.deep.equal([1, 1]);
    const [low, high] = bootstrap(3, () => NaN, stream(5, 'b'));
    expect([low, high].every(Number.isNaN)).to.equal(true);
    expect(bootstrap(4, (places) => places.length, stream(5, 'b'))).to.deep.equal([4, 4]);
  });

  it('are the same for the same stream', () => {
    const values = normal(20, 6);
    expect(bootstrapMean(values, stream(7, 'b'))).to.deep.equal(bootstrapMean(values, stream(7, 'b')));
  });

  it('samples in numbers say nothing of too few values', () => {
    expect(mean([])).to.be.NaN;
    expect(standardDeviation([1])).to.be.NaN;
    expect(standardDeviation([1, 3])).to.be.closeTo(Math.SQRT2, 1e-15);
    expect(standardError([1, 3])).to.be.closeTo(1, 1e-15);
    expect(quantile([3, 1], 0.25)).to.equal(1.5);
  });
});
