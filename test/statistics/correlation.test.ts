import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { kendallTau, pearson, quantile, spearman } from '../../src/statistics/index.js';

interface Case {
  readonly name: string;
  readonly x: number[];
  readonly y: number[];
  readonly kendall: number | null;
  readonly spearman: number | null;
  readonly pearson: number | null;
  readonly quantiles: number[];
}

const cases = JSON.parse(
  readFileSync(new URL('../fixtures/statistics/correlations.json', import.meta.url), 'utf8'),
) as Case[];

/** From the definition, pair by pair. */
function kendallByPairs(x: readonly number[], y: readonly number[]): number {
  let [difference, untiedX, untiedY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const [dx, dy] = [Math.sign(x[i]! - x[j]!), Math.sign(y[i]! - y[j]!)];
      difference += dx * dy;
      untiedX += dx * dx;
      untiedY += dy * dy;
    }
  }
  return difference / Math.sqrt(untiedX * untiedY);
}

describe('correlations', () => {
  for (const { name, x, y, quantiles, ...expected } of cases) {
    it(`agree with SciPy to 1e-12: ${name}`, () => {
      for (const [measure, value] of [
        ['kendall', kendallTau(x, y)],
        ['spearman', spearman(x, y)],
        ['pearson', pearson(x, y)],
      ] as const) {
        if (expected[measure] === null) expect(value, measure).to.be.NaN;
        else expect(value, measure).to.be.closeTo(expected[measure], 1e-12);
      }
      [0, 0.025, 0.25, 0.5, 0.9, 1].forEach((p, i) =>
        expect(quantile(x, p)).to.be.closeTo(quantiles[i]!, 1e-12 * Math.max(1, Math.abs(quantiles[i]!))),
      );
    });
  }

  it('count the pairs that the definition counts', () => {
    const value = fc.integer({ min: -4, max: 4 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 40 }), (pairs) => {
        const [x, y] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
        const expected = kendallByPairs(x, y);
        const tau = kendallTau(x, y);
        if (Number.isNaN(expected)) expect(tau).to.be.NaN;
        else expect(tau).to.be.closeTo(expected, 1e-12);
        expect(kendallTau(y, x)).to.deep.equal(tau);
      }),
    );
  });

  it('leave their arguments unchanged, and are undefined if there is nothing to compare', () => {
    const [x, y] = [
      [3, 1, 2],
      [1, 2, 3],
    ];
    kendallTau(x, y);
    spearman(x, y);
    quantile(x, 0.5);
    expect([x, y]).to.deep.equal([
      [3, 1, 2],
      [1, 2, 3],
    ]);
    for (const measure of [kendallTau, spearman, pearson]) {
      for (const [a, b] of [
        [[], []],
        [[1], [2]],
        [
          [1, NaN],
          [1, 2],
        ],
        [
          [1, 1],
          [1, 2],
        ],
      ] as const)
        expect(measure(a, b)).to.be.NaN;
      expect(() => measure([1, 2], [1])).to.throw(/2 and 1/);
    }
    expect(quantile([], 0.5)).to.be.NaN;
  });
});
