import { expect } from 'chai';
import fc from 'fast-check';
import {
  bestRankAt,
  precisionAtBottom,
  precisionAtTop,
  ranksFromBest,
  worstRankAt,
} from '../../src/statistics/index.js';

/** All orders, best first, that agree with the scores. */
function orders(scores: readonly number[]): number[][] {
  const walk = (rest: readonly number[]): number[][] => {
    if (rest.length === 0) return [[]];
    const best = Math.max(...rest.map((i) => scores[i]!));
    return rest
      .filter((i) => scores[i] === best)
      .flatMap((i) => walk(rest.filter((other) => other !== i)).map((tail) => [i, ...tail]));
  };
  return walk(scores.map((_, i) => i));
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('choice by estimated scores', () => {
  it('agrees with a calculation by hand', () => {
    // True ranks of a…h are 1…8; the estimate's order is b a e c h d g f.
    const truth = [8, 7, 6, 5, 4, 3, 2, 1];
    const order = ['b', 'a', 'e', 'c', 'h', 'd', 'g', 'f'];
    const estimate = truth.map((_, i) => -order.indexOf('abcdefgh'[i]!));
    expect(precisionAtTop(truth, estimate, 0.25)).to.equal(1);
    expect(precisionAtTop(truth, estimate, 0.5)).to.equal(3 / 4);
    expect(precisionAtBottom(truth, estimate, 0.25)).to.equal(1 / 2);
    expect(bestRankAt(truth, estimate, 0.25)).to.equal(1 / 8);
    expect(worstRankAt(truth, estimate, 0.25)).to.equal(2 / 8);
    expect(worstRankAt(truth, estimate, 0.375)).to.equal(5 / 8);
    expect(precisionAtTop(truth, truth, 0.01), 'at least one is chosen').to.equal(1);
    expect(precisionAtTop(truth, estimate, 1)).to.equal(1);
  });

  it('gives equal scores their mean rank', () => {
    expect(ranksFromBest([0.5, 0.9, 0.5, 0.1])).to.deep.equal([2.5, 1, 2.5, 4]);
  });

  it('is the mean over all ways to break ties', () => {
    const score = fc.integer({ min: 0, max: 2 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(score, score), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(0.2, 0.5, 0.8),
        (pairs, share) => {
          const [truth, estimate] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
          const count = pairs.length;
          const k = Math.min(count, Math.max(1, Math.round(share * count)));
          const ranks = ranksFromBest(truth);
          const tops = orders(estimate).map((order) => order.slice(0, k));
          const overlaps = tops.flatMap((top) =>
            orders(truth).map((order) => order.slice(0, k).filter((i) => top.includes(i)).length / k),
          );
          expect(precisionAtTop(truth, estimate, share)).to.be.closeTo(average(overlaps), 1e-12);
          expect(bestRankAt(truth, estimate, share)).to.be.closeTo(
            average(tops.map((top) => Math.min(...top.map((i) => ranks[i]!)))) / count,
            1e-12,
          );
          expect(worstRankAt(truth, estimate, share)).to.be.closeTo(
            average(tops.map((top) => Math.max(...top.map((i) => ranks[i]!)))) / count,
            1e-12,
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});
