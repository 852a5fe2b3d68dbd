/**
 * Relations between two judgements of an order, and between two summaries of forgetting, that hold for every
 * measurement.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  averageForgetting,
  backwardTransfer,
  intransigence,
  type PerformanceMatrix,
  summarizeDifferences,
  worstDip,
} from '../../src/forgetting/metrics/index.js';
import { rankAgreement } from '../../src/ranking/index.js';
import {
  bestRankAt,
  kendallTau,
  precisionAtBottom,
  precisionAtTop,
  spearman,
  worstRankAt,
} from '../../src/statistics/index.js';

/** Few different values, so that there are ties. */
const score = fc.integer({ min: 0, max: 12 });
const pairs = fc.array(fc.tuple(score, score), { minLength: 4, maxLength: 30 });
const split = (list: readonly (readonly [number, number])[]): [number[], number[]] => [
  list.map(([x]) => x),
  list.map(([, y]) => y),
];
const CLOSE = 1e-9;

function expectEqual(found: number, expected: number): void {
  if (Number.isNaN(expected)) expect(found).to.be.NaN;
  else expect(found).to.be.closeTo(expected, CLOSE);
}

const SHARES = [0.25, 0.5];
const CORRELATIONS = { kendallTau, spearman };
const CHOICES = { precisionAtTop, precisionAtBottom, bestRankAt, worstRankAt };

describe('measures of an order', () => {
  for (const [name, measure] of Object.entries(CORRELATIONS)) {
    it(`${name} depends only on the order, is symmetric, and changes sign when one order is reversed`, () =>
      fc.assert(
        fc.property(pairs, (list) => {
          const [x, y] = split(list);
          const plain = measure(x, y);
          expectEqual(measure(y, x), plain);
          expectEqual(
            measure(
              x.map((value) => Math.exp(value / 3)),
              y.map((value) => value ** 3 - 5),
            ),
            plain,
          );
          expectEqual(
            measure(
              x,
              y.map((value) => -value),
            ),
            -plain,
          );
          const [xs, ys] = split([...list].reverse());
          expectEqual(measure(xs, ys), plain);
        }),
      ));
  }

  for (const [name, measure] of Object.entries(CHOICES)) {
    it(`${name} depends only on the order, and not on how networks without ties are listed`, () =>
      fc.assert(
        fc.property(
          fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 4, maxLength: 20 }),
          fc.integer(),
          (x, seed) => {
            const y = x.map((value, i) => ((value * 7919 + (seed >>> 5) * (i + 1)) % 1009) + i / 100);
            for (const share of SHARES) {
              const plain = measure(x, y, share);
              expectEqual(
                measure(
                  x.map((value) => 2 * value + 1),
                  y.map((value) => Math.log(value + 1)),
                  share,
                ),
                plain,
              );
              expectEqual(measure([...x].reverse(), [...y].reverse(), share), plain);
            }
          },
        ),
      ));
  }

  it('the agreement of a report follows its parts: its tau and interval change sign with the estimates', () => {
    const truth = Array.from({ length: 30 }, (_, i) => i / 100);
    const estimate = truth.map((value, i) => value + ((i * 7) % 11) / 30);
    const plain = rankAgreement(truth, estimate);
    const turned = rankAgreement(
      truth,
      estimate.map((value) => -value),
    );
    expectEqual(turned.tau.value, -plain.tau.value);
    expectEqual(turned.tau.interval![0], -plain.tau.interval![1]);
    expectEqual(turned.spearman.interval![1], -plain.spearman.interval![0]);
    expectEqual(turned.sparseTau.value, -plain.sparseTau.value);
  });
});

const accuracy = fc.double({ min: 0, max: 1, noNaN: true });
const matrix = fc
  .integer({ min: 2, max: 6 })
  .chain((size) =>
    fc.array(fc.array(accuracy, { minLength: size, maxLength: size }), { minLength: size, maxLength: size }),
  );
const mapped = (m: PerformanceMatrix, to: (value: number) => number): PerformanceMatrix =>
  m.map((row) => row.map((value) => to(value!)));

describe('summaries of forgetting', () => {
  const LINEAR = { backwardTransfer, averageForgetting, worstDip } as const;
  for (const [name, measure] of Object.entries(LINEAR))
    it(`${name}: is invariant to a constant, scales with a factor, and means the same for a loss`, () =>
      fc.assert(
        fc.property(matrix, (m) => {
          const plain = measure(m);
          expectEqual(measure(mapped(m, (value) => value + 3)), plain);
          expectEqual(measure(mapped(m, (value) => 5 * value)), 5 * plain);
          expectEqual(
            measure(
              mapped(m, (value) => 1 - value),
              { better: 'lower' },
            ),
            plain,
          );
        }),
      ));

  it('intransigence changes sign when two trainings are exchanged', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(accuracy, accuracy), { minLength: 1, maxLength: 9 }), (list) => {
        const [a, b] = split(list);
        expectEqual(intransigence(a, b), -intransigence(b, a));
      }),
    ));

  it('of an epoch change sign with the order of measurement, and are invariant to a constant and the order of architectures', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(score, score), { minLength: 6, maxLength: 20, selector: ([first]) => first }),
        (list) => {
          const measured = list.map(([first, second]) => ({ first, second }));
          const plain = summarizeDifferences(measured);
          const moved = summarizeDifferences(
            [...measured].reverse().map(({ first, second }) => ({ first: first + 2, second: second + 2 })),
          );
          for (const key of [
            'meanDiff',
            'medianDiff',
            'p95Diff',
            'maxDiff',
            'best5Diff',
            'standardDeviation',
            'tau',
          ] as const)
            expectEqual(moved[key], plain[key]);
          const swapped = summarizeDifferences(measured.map(({ first, second }) => ({ first: second, second: first })));
          expectEqual(swapped.meanDiff, -plain.meanDiff);
          expectEqual(swapped.medianDiff, -plain.medianDiff);
          expectEqual(swapped.tau, plain.tau);
        },
      ),
    ));
});
