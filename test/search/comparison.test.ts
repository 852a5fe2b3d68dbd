import { expect } from 'chai';
import { stream } from 'weft-nas';
import { compareMeans } from '../../src/search/comparison.js';

describe('the comparison with random sampling', () => {
  it('reports the relative improvement, 100·(c - r) / r, of accuracies and of losses', () => {
    expect(compareMeans([0.9, 0.9], [0.75, 0.75, 0.75]).relative!.improvement).to.be.closeTo(20, 1e-9);
    expect(compareMeans([1.5], [2], 'loss').relative!.improvement).to.be.closeTo(25, 1e-9);
  });

  it('has an interval of the width that the samples have', () => {
    const rng = stream(2, 'values');
    const sample = (mean: number): number[] => Array.from({ length: 400 }, () => mean + 0.05 * rng.normal());
    const [better, worse] = [sample(0.6), sample(0.5)];
    const { relative, interval, difference } = compareMeans(better, worse);
    const [low, high] = relative!.interval!;
    // Delta method: sd of the ratio = 0.05 / sqrt(400) · sqrt(1 / 0.5² + 0.6² / 0.5⁴) = 0.0078.
    expect(high - low).to.be.closeTo(100 * 2 * 1.96 * 0.00781, 0.6);
    expect(low).to.be.below(relative!.improvement);
    expect(high).to.be.above(relative!.improvement);
    expect(interval![1] - interval![0]).to.be.closeTo(2 * 1.96 * 0.05 * Math.sqrt(2 / 400), 0.001);
    // The same numbers as losses: the other side is better, by as much.
    const losses = compareMeans(worse, better, 'loss');
    expect(losses.difference).to.be.closeTo(difference, 1e-12);
    expect(losses.interval![0]).to.be.closeTo(interval![0], 1e-12);
    expect(losses.relative!.interval![0]).to.be.below(losses.relative!.improvement);
    expect(losses.relative!.interval![1]).to.be.above(losses.relative!.improvement);
  });

  it('claims nothing where every architecture is equally good, or there are too few, and has no interval of no width', () => {
    const equal = compareMeans([0.9, 0.9, 0.9, 0.9], [0.75, 0.75, 0.75, 0.75]);
    expect(equal).to.not.have.property('interval');
    expect(equal.relative).to.deep.equal({ improvement: equal.relative!.improvement });
    expect(equal.verdict).to.match(/^no difference .* can be claimed: all 4 architectures .* give the same/);
    expect(compareMeans([0.9], [0.7, 0.8, 0.75]).verdict).to.match(
      /a claim takes at least 4 architectures of either kind/,
    );
    expect(compareMeans([0.9, 0.91, 0.92], [0.7, 0.8, 0.75]).verdict).to.match(/a claim takes at least/);
    expect(compareMeans([0.9, 0.91, 0.92, 0.93], [0.7, 0.8, 0.75, 0.7]).verdict).to.match(/are better .*95 % interval/);
    expect(compareMeans([0.7, 0.8, 0.75, 0.7], [0.9, 0.91, 0.92, 0.93]).verdict).to.match(/are worse/);
    expect(compareMeans([0.7, 0.8, 0.75, 0.7], [0.7, 0.78, 0.76, 0.7]).verdict).to.match(
      /^no difference .* interval −/,
    );
  });
});
