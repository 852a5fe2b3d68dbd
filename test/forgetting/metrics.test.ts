import { expect } from 'chai';
import fc from 'fast-check';
import {
  averageForgetting,
  backwardTransfer,
  forwardTransfer,
  intransigence,
  type PerformanceMatrix,
  reduction,
  summarizeDifferences,
  worstDip,
} from '../../src/forgetting/metrics/index.js';

/** Accuracy of three tasks after each of three trainings, and before any. */
const MATRIX: PerformanceMatrix = [
  [0.9, 0.3, 0.2],
  [0.7, 0.8, 0.25],
  [0.5, 0.85, 0.75],
];
const INITIAL = [0.1, 0.12, 0.08];

const lossOf = (matrix: PerformanceMatrix): number[][] => matrix.map((row) => row.map((value) => 1 - value!));

describe('metrics of forgetting', () => {
  it('are what GEM computes of its result matrix', () => {
    // metrics.py: backward (result[-1] - diagonal).mean over all but its own zero, forward mean of result[i][i+1] -
    // baseline[i+1].
    expect(backwardTransfer(MATRIX)).to.be.closeTo((0.5 - 0.9 + (0.85 - 0.8)) / 2, 1e-12);
    expect(forwardTransfer(MATRIX, INITIAL)).to.be.closeTo((0.3 - 0.12 + (0.25 - 0.08)) / 2, 1e-12);
  });

  it('are what Mammoth computes, whose rows are short and whose best includes the end', () => {
    const short = [[0.9], [0.7, 0.8], [0.5, 0.85, 0.75]];
    expect(averageForgetting(short, { clipped: true })).to.be.closeTo((0.9 - 0.5 + (0.85 - 0.85)) / 2, 1e-12);
    expect(averageForgetting(short)).to.be.closeTo((0.9 - 0.5 + (0.8 - 0.85)) / 2, 1e-12);
    expect(backwardTransfer(short)).to.equal(backwardTransfer(MATRIX));
  });

  it('are what Avalanche computes: forgetting of an experience is first - last, and BWT its negative', () => {
    const [first, end] = [
      [0.9, 0.8],
      [0.5, 0.85],
    ];
    const stream = first.reduce((sum, value, j) => sum + value - end[j]!, 0) / 2;
    expect(-backwardTransfer(MATRIX)).to.be.closeTo(stream, 1e-12);
  });

  it('capture the worst moment, not only the end', () => {
    const dipped: PerformanceMatrix = [[0.9], [0.2, 0.8], [0.88, 0.7, 0.6], [0.9, 0.75, 0.6, 0.5]];
    expect(backwardTransfer(dipped)).to.be.closeTo((0 - 0.05 + 0) / 3, 1e-12);
    expect(worstDip(dipped)).to.be.closeTo(0.7, 1e-12);
    expect(worstDip([[0.5], [0.6, 0.5]])).to.equal(0);
  });

  it('have the same sign for a loss as for an accuracy', () => {
    const value = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 6 })
          .chain((n) => fc.array(fc.array(value, { minLength: n, maxLength: n }), { minLength: n, maxLength: n })),
        (matrix) => {
          const losses = lossOf(matrix);
          for (const metric of [backwardTransfer, averageForgetting, worstDip])
            expect(metric(losses, { better: 'lower' })).to.be.closeTo(metric(matrix), 1e-9);
          const initial = matrix[0]!.map(() => 0.5);
          expect(forwardTransfer(losses, initial, { better: 'lower' })).to.be.closeTo(
            forwardTransfer(matrix, initial),
            1e-9,
          );
          expect(averageForgetting(matrix, { clipped: true })).to.be.at.least(
            Math.max(0, averageForgetting(matrix)) - 1e-12,
          );
        },
      ),
    );
    expect(intransigence([0.9, 0.8], [0.7, 0.8])).to.be.closeTo(0.1, 1e-12);
    expect(intransigence([0.1, 0.2], [0.3, 0.2], { better: 'lower' })).to.be.closeTo(0.1, 1e-12);
  });

  it('leave out what was not measured, and are undefined without data', () => {
    expect(backwardTransfer([[0.9], [null, 0.8], [0.5, null, 0.7]])).to.be.closeTo(-0.4, 1e-12);
    for (const nothing of [[], [[0.5]]]) expect(backwardTransfer(nothing)).to.be.NaN;
    expect(averageForgetting([[0.5]])).to.be.NaN;
    expect(worstDip([])).to.equal(0);
  });

  it('sum up an epoch: mean, best five, worst, order', () => {
    const first = [1, 2, 3, 4, 5, 6, 7];
    const second = [1.5, 2.5, 3.5, 4.5, 5.5, 5, 8];
    const summary = summarizeDifferences(first.map((value, i) => ({ first: value, second: second[i]! })));
    expect(summary.count).to.equal(7);
    expect(summary.meanDiff).to.be.closeTo((5 * 0.5 - 1 + 1) / 7, 1e-12);
    expect(summary.best5Diff).to.be.closeTo(0.5, 1e-12);
    expect(summary.maxDiff).to.be.closeTo(1, 1e-12);
    expect(summary.medianDiff).to.be.closeTo(0.5, 1e-12);
    expect(summary.p95Diff).to.be.closeTo(0.85, 1e-12);
    // One of 21 pairs changes its order.
    expect(summary.tau).to.be.closeTo(19 / 21, 1e-12);
    expect([summary.meanFirst, summary.meanSecond]).to.deep.equal([4, second.reduce((a, b) => a + b, 0) / 7]);
    // Ties on either side, by the definition of tau-b: one concordant pair, sqrt((3 - 1) (3 - 1)).
    expect(
      summarizeDifferences(
        [
          [1, 1],
          [1, 2],
          [2, 2],
        ].map(([a, b]) => ({ first: a!, second: b! })),
      ).tau,
    ).to.be.closeTo(0.5, 1e-12);
    expect(Object.values(summarizeDifferences([])).slice(1).every(Number.isNaN)).to.equal(true);
  });

  it('state the share removed if there was something to remove', () => {
    expect(reduction([0.1, 0.12, 0.08, 0.1], [0.02, 0.03, 0.01, 0.02])).to.be.closeTo(0.8, 1e-12);
    // Mean 1, standard error 0.41: above two of them, not above three.
    expect(reduction([2, 1, 0, 1], [1, 0.5, 0, 0.5])).to.be.closeTo(0.5, 1e-12);
    expect(reduction([0.1, -0.3, 0.25, 0], [0, 0, 0, 0])).to.equal(undefined);
    expect(reduction([-0.2, -0.21, -0.19], [0.1, 0.1, 0.1])).to.equal(undefined);
  });
});
