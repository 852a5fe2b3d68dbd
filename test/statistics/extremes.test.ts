import { expect } from 'chai';
import fc from 'fast-check';
import { largestOf, smallestOf } from '../../src/statistics/extremes.js';

describe('extremes', () => {
  it('are those of Math.max and Math.min, of no values and of NaN too', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        // Adding zero makes the two zeros equal; deep equality takes NaN for itself.
        expect([largestOf(values) + 0, smallestOf(values) + 0]).to.deep.equal([
          Math.max(...values) + 0,
          Math.min(...values) + 0,
        ]);
      }),
      { numRuns: 1000, examples: [[[Number.NaN]], [[1, Number.NaN]], [[]]] },
    );
    expect([largestOf([], 0), smallestOf([], 1), largestOf([-1], 0), smallestOf([2], 1)]).to.deep.equal([0, 1, 0, 1]);
  });

  it('accept more values than a call takes arguments', () => {
    const values = Array.from({ length: 500_000 }, (_, i) => i);
    expect(() => Math.max(...values)).to.throw(RangeError);
    expect([largestOf(values), smallestOf(values)]).to.deep.equal([499_999, 0]);
  });
});
