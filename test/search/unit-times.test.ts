/** What units of work are taken to cost, from times that fall at first. */
import { expect } from 'chai';
import { costOf, isSteady } from '../../src/search/unit-times.js';

describe('the cost of a unit of work', () => {
  const falling = (count: number, rate: number): number[] =>
    Array.from({ length: count }, (_, i) => 1 + 9 * Math.exp(-rate * i));

  it('is the mean of the last half of steady times, and the rest is a one-time cost', () => {
    const times = [5, 3, 1, 1, 1, 1, 1, 1];
    expect(isSteady(times, 1)).to.equal(true);
    expect(costOf(times, 1)).to.deep.equal({ each: 1, once: 6 });
  });

  it('is that of the last quarter while times still fall, so that it is too large by less', () => {
    const times = [8, 7, 6, 5, 4, 3, 2, 1];
    expect(isSteady(times, 1)).to.equal(false);
    expect(costOf(times, 1).each).to.equal(1.5);
    const long = falling(200, 0.1);
    expect(isSteady(falling(24, 0.1), 1)).to.equal(false);
    expect(isSteady(long, 1)).to.equal(true);
    expect(costOf(long, 1).each).to.be.closeTo(1, 0.01);
  });

  it('counts whole periods of units that differ, and never less than one unit', () => {
    const periods = Array.from({ length: 32 }, (_, i) => (i % 4 === 0 ? 5 : 1));
    expect(costOf(periods, 4)).to.deep.equal({ each: 2, once: 0 });
    expect(isSteady(periods, 4)).to.equal(true);
    expect(costOf([3], 1)).to.deep.equal({ each: 3, once: 0 });
    expect(costOf([3, 1], 1)).to.deep.equal({ each: 1, once: 2 });
    expect(isSteady([1, 1, 1], 1), 'too few to say').to.equal(false);
  });
});
