import { expect } from 'chai';
import { assessTauDifference, kendallTau, ndcg } from 'weft-nas';
import { logRankSum } from '../../src/ranking/index.js';
import { stream } from '../../src/tensor/rng.js';

describe('gain of an order', () => {
  it('is one for the true order, and follows the formula for others', () => {
    const truth = [0.1, 0.4, 0.2, 0.9];
    expect(ndcg(truth, truth)).to.equal(1);
    expect(ndcg(truth, [4, 3, 2, 1], 1)).to.equal(0);
    const gain = (score: number): number => 2 ** ((score - 0.1) / 0.8) - 1;
    const ideal = gain(0.9) + gain(0.4) / Math.log2(3);
    expect(ndcg(truth, [1, 4, 2, 3], 2)).to.be.closeTo((gain(0.4) + gain(0.9) / Math.log2(3)) / ideal, 1e-12);
  });

  it('is the mean over orders of ties', () => {
    const truth = [1, 2, 3, 5];
    const orders = [
      [4, 3, 2, 1],
      [4, 3, 1, 2],
      [4, 2, 3, 1],
      [4, 1, 3, 2],
      [4, 2, 1, 3],
      [4, 1, 2, 3],
    ];
    const mean = orders.reduce((sum, order) => sum + ndcg(truth, order, 2), 0) / orders.length;
    expect(ndcg(truth, [4, 0, 0, 0], 2)).to.be.closeTo(mean, 1e-12);
    expect(ndcg([1, 1], [1, 2])).to.be.NaN;
  });
});

describe('sum of log-ranks', () => {
  it('adds the logarithms of ranks from the worst', () => {
    const sums = logRankSum([
      [3, 1, 2],
      [1, 1, 5],
    ]);
    expect(sums[0]).to.be.closeTo(Math.log(1) + Math.log(1.5 / 3), 1e-12);
    expect(sums[2]).to.be.closeTo(Math.log(2 / 3) + Math.log(1), 1e-12);
    expect(() => logRankSum([[1], [1, 2]])).to.throw('different numbers of networks');
  });
});

describe('difference between two rank correlations with the same truth', () => {
  const draw = (seed: number, count: number, noiseA: number, noiseB: number): [number[], number[], number[]] => {
    const rng = stream(seed, 'difference');
    const truth = Array.from({ length: count }, () => rng.normal());
    const noisy = (noise: number): number[] => truth.map((value) => value + noise * rng.normal());
    return [truth, noisy(noiseA), noisy(noiseB)];
  };

  it('is that of the taus, without an interval for few networks or equal orders', () => {
    const [truth, a, b] = draw(1, 30, 0.3, 2);
    const found = assessTauDifference(truth, a, b);
    expect(found.value).to.equal(kendallTau(truth, a) - kendallTau(truth, b));
    expect(found.claim).to.equal('above');
    expect(assessTauDifference(truth, b, a).claim).to.equal('below');
    expect(assessTauDifference(truth, a, a)).to.include({
      claim: undefined,
      obstacle: 'constant',
      interval: undefined,
    });
    expect(assessTauDifference(truth.slice(0, 11), a.slice(0, 11), b.slice(0, 11)).obstacle).to.equal('few');
  });

  it('is claimed falsely in about one of twenty cases where there is none', () => {
    for (const count of [12, 30, 100]) {
      const trials = 400;
      const claims = Array.from({ length: trials }, (_, seed) =>
        assessTauDifference(...draw(seed, count, 1, 1)),
      ).filter(({ claim }) => claim !== undefined);
      // 400 trials at .05 have a standard error of .011.
      expect(claims.length / trials, `${count} networks`).to.be.below(0.085);
    }
  });
});
