import { expect } from 'chai';
import fc from 'fast-check';
import { rhosWithoutEach, tausWithoutEach } from '../../src/statistics/assess-ranks.js';
import {
  assessTau,
  independenceP,
  kendallTau,
  spearman,
  spearmanInterval,
  tauInterval,
} from '../../src/statistics/index.js';
import { pairCounts } from '../../src/statistics/pair-counts.js';
import { twoSidedP } from '../../src/statistics/student-t.js';
import { stream } from '../../src/tensor/rng.js';

/** Pairs of normal values with a correlation, rounded so that some tie. */
function pairs(count: number, correlation: number, seed: number, steps = Infinity): [x: number[], y: number[]] {
  const rng = stream(seed, 'pairs');
  const round = (value: number): number => (steps === Infinity ? value : Math.round(steps * value));
  const x: number[] = [];
  const y: number[] = [];
  for (let i = 0; i < count; i++) {
    const common = rng.normal();
    x.push(round(common));
    y.push(round(correlation * common + Math.sqrt(1 - correlation ** 2) * rng.normal()));
  }
  return [x, y];
}

const without = (values: readonly number[], i: number): number[] => values.filter((_, j) => j !== i);

const value = fc.integer({ min: -3, max: 3 });
const tiedPairs = fc.array(fc.tuple(value, value), { minLength: 3, maxLength: 30 });

describe('rank correlations without enumerating pairs', () => {
  it('count as the definition does', () => {
    fc.assert(
      fc.property(tiedPairs, (points) => {
        const [x, y] = [points.map(([a]) => a), points.map(([, b]) => b)];
        const counts = pairCounts(x, y);
        points.forEach(([a, b], i) => {
          for (const [column, sign] of [
            ['lessX', -1],
            ['equalX', 0],
            ['greaterX', 1],
          ] as const)
            for (const [row, other] of [
              ['lessY', -1],
              ['equalY', 0],
              ['greaterY', 1],
            ] as const)
              expect(counts[column][row][i], `${column} ${row}`).to.equal(
                points.filter(([c, d], j) => j !== i && Math.sign(c - a) === sign && Math.sign(d - b) === other).length,
              );
        });
      }),
    );
  });

  for (const [name, all, one] of [
    ['tau', tausWithoutEach, kendallTau],
    ['rho', rhosWithoutEach, spearman],
  ] as const) {
    it(`are those of all others, ties among them: ${name}`, () => {
      fc.assert(
        fc.property(tiedPairs, (points) => {
          const [x, y] = [points.map(([a]) => a), points.map(([, b]) => b)];
          all(x, y).forEach((found, i) => {
            const expected = one(without(x, i), without(y, i));
            if (Number.isNaN(expected)) expect(found).to.be.NaN;
            else expect(found).to.be.closeTo(expected, 1e-9);
          });
        }),
      );
    });
  }
});

describe('assessment of rank correlations', () => {
  it('is as wide as the asymptotic error says', () => {
    // Of independent orders tau has the variance 2 (2n + 5) / (9 n (n - 1)), rho about 1 / (n - 1).
    const [x, y] = pairs(4000, 0, 1);
    const width = ([low, high]: readonly [number, number]): number => high - low;
    expect(width(tauInterval(x, y)!) / (2 * 1.96 * Math.sqrt((2 * 8005) / (9 * 4000 * 3999)))).to.be.closeTo(1, 0.05);
    expect(width(spearmanInterval(x, y)!) / (2 * 1.96 * Math.sqrt(1 / 3999))).to.be.closeTo(1, 0.05);
    const [low, high] = tauInterval(x, y, { confidence: 0.5 })!;
    expect((high - low) / width(tauInterval(x, y)!)).to.be.closeTo(0.6745 / 1.96, 0.001);
  });

  it('claims an order from five pairs on, and states an interval from twelve on', () => {
    const up = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
    expect(assessTau(up(4), up(4))).to.deep.include({ claim: undefined, obstacle: 'few', fewest: 5 });
    expect(assessTau(up(5), up(5))).to.deep.include({ claim: 'above', obstacle: undefined, value: 1 });
    expect(assessTau(up(5), up(5).reverse())).to.deep.include({ claim: 'below' });
    expect(assessTau(up(5), up(5)).p).to.be.closeTo(2 / 120, 0.006);
    expect(tauInterval(up(11), [0, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10])).to.equal(undefined);
    expect(tauInterval(up(12), [0, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11])).to.have.length(2);
    // The same order throughout says nothing of how far others would agree.
    for (const interval of [tauInterval(up(12), up(12)), spearmanInterval(up(12), up(12).reverse())])
      expect(interval).to.equal(undefined);
    expect(
      assessTau(
        up(12),
        Array.from({ length: 12 }, () => 1),
      ),
    ).to.deep.include({
      interval: undefined,
      claim: undefined,
      obstacle: 'constant',
    });
  });

  it('changes sign when one order is reversed, and stays within ±1', () => {
    for (const steps of [Infinity, 2]) {
      const [x, y] = pairs(12, 0.9, 3, steps);
      const turned = y.map((one) => -one);
      const [low, high] = tauInterval(x, y)!;
      const other = tauInterval(x, turned)!;
      expect(other[0]).to.be.closeTo(-high, 1e-12);
      expect(other[1]).to.be.closeTo(-low, 1e-12);
      expect(high).to.be.at.most(1);
    }
    const [x, y] = pairs(12, 0.995, 4);
    expect(tauInterval(x, y)![1]).to.be.at.most(1);
  });

  it('decides by permutations, and for many pairs by the normal distribution', () => {
    const normal = (distance: number, deviation: number): number => twoSidedP(distance / deviation, 1e6);
    // Without ties C - D has the variance n (n - 1) (2n + 5) / 18.
    const [x, y] = pairs(41, 0.3, 5);
    const deviation = Math.sqrt((41 * 40 * 87) / 18);
    const balance = kendallTau(x, y) * ((41 * 40) / 2);
    expect(independenceP(x, y)).to.be.closeTo(normal(Math.abs(balance) - 1, deviation), 1e-9);
    // In a table of two by two it is n a - r c, with a hypergeometric (a = 20, row 25 of 60, column 33 of 60).
    const table = [20, 5, 13, 22].flatMap((count, cell) => Array.from({ length: count }, () => [cell >> 1, cell & 1]));
    const found = independenceP(
      table.map(([row]) => row!),
      table.map(([, column]) => column!),
    );
    expect(found).to.be.closeTo(normal(Math.abs(60 * 20 - 25 * 33) - 1, Math.sqrt((25 * 35 * 33 * 27) / 59)), 1e-9);
    const [fewer, others] = [x.slice(1), y.slice(1)];
    const rest = kendallTau(fewer, others) * ((40 * 39) / 2);
    expect(independenceP(fewer, others)).to.be.closeTo(
      normal(Math.abs(rest) - 1, Math.sqrt((40 * 39 * 85) / 18)),
      0.02,
    );
    expect(independenceP([1, 2, 3], [1, 1, 1])).to.be.NaN;
  });

  it('takes seconds for all of NAS-Bench-201', () => {
    const [x, y] = pairs(15_625, 0.7, 6, 300);
    const before = performance.now();
    const { claim, value, interval } = assessTau(x, y);
    expect(performance.now() - before).to.be.below(5000);
    expect(claim).to.equal('above');
    expect(interval![0]).to.be.within(value - 0.02, value);
    expect(interval![1]).to.be.within(value, value + 0.02);
  });

  it('takes seconds of processor time for a hundred rankings of all of NAS-Bench-201', () => {
    const [x, y] = pairs(15_625, 0.7, 6, 300);
    const before = process.cpuUsage();
    for (let i = 0; i < 100; i++) kendallTau(x, y);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).to.be.below(20);
  });
});
