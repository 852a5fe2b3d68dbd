import { expect } from 'chai';
import { stream } from 'weft-nas';
import { compareMeans } from '../../src/search/comparison.js';

describe('the comparison with random sampling', () => {
  it('tells the relative improvement, 100·(c - r) / r, with an interval that shrinks to it where nothing varies', () => {
    expect(compareMeans([0.9, 0.9], [0.75, 0.75, 0.75], stream(1, 'x')).relative!.improvement).to.be.closeTo(20, 1e-9);
    const { relative } = compareMeans([0.9, 0.9], [0.75, 0.75, 0.75], stream(1, 'x'));
    relative!.interval.forEach((end) => expect(end).to.be.closeTo(20, 1e-9));
    expect(compareMeans([1.5], [2], stream(1, 'x'), 'loss').relative!.improvement).to.be.closeTo(25, 1e-9);
  });

  it('has an interval of the width that the samples have', () => {
    const rng = stream(2, 'values');
    const sample = (mean: number): number[] => Array.from({ length: 400 }, () => mean + 0.05 * rng.normal());
    const { relative } = compareMeans(sample(0.6), sample(0.5), stream(3, 'bootstrap'));
    const [low, high] = relative!.interval;
    // Delta method: sd of the ratio = 0.05 / sqrt(400) · sqrt(1 / 0.5² + 0.6² / 0.5⁴) = 0.0078.
    expect(high - low).to.be.closeTo(100 * 2 * 1.96 * 0.00781, 0.6);
    expect(low).to.be.below(relative!.improvement);
    expect(high).to.be.above(relative!.improvement);
  });
});
