import { expect } from 'chai';
import fc from 'fast-check';
import { classificationMeasures, pairedShareDifference } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';

/** Probabilities of two classes from that of the second. */
const binary = (second: readonly number[]): number[] => second.flatMap((p) => [1 - p, p]);

describe('measures of a classifier', () => {
  it('count hits and errors by class', () => {
    // Called: 0 0 1 1 1; true: 0 1 1 1 0.
    const { confusion, classes, balancedAccuracy, macroF1 } = classificationMeasures(
      binary([0.2, 0.4, 0.6, 0.7, 0.8]),
      [0, 1, 1, 1, 0],
      2,
    );
    expect(confusion).to.deep.equal([
      [1, 1],
      [1, 2],
    ]);
    expect(classes[0]).to.deep.equal({ count: 2, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 });
    expect(classes[1]).to.deep.equal({ count: 3, precision: 2 / 3, recall: 2 / 3, f1: 2 / 3 });
    expect(balancedAccuracy).to.be.closeTo(7 / 12, 1e-12);
    expect(macroF1).to.be.closeTo(7 / 12, 1e-12);
  });

  it('leave out classes without examples', () => {
    const measures = classificationMeasures([0.5, 0.3, 0.2, 0.5, 0.3, 0.2], [0, 0], 3);
    expect(measures.classes).to.deep.equal([{ count: 2, precision: 1, recall: 1, f1: 1 }, { count: 0 }, { count: 0 }]);
    expect(measures).to.not.have.property('auc');
    expect(measures.balancedAccuracy).to.equal(1);
  });

  it('have the area from counting all pairs, ties as half', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 2, maxLength: 30 }),
        (examples) => {
          const positive = examples.filter(([, is]) => is);
          const negative = examples.filter(([, is]) => !is);
          fc.pre(positive.length > 0 && negative.length > 0);
          let pairs = 0;
          for (const [p] of positive) for (const [n] of negative) pairs += p > n ? 1 : p === n ? 0.5 : 0;
          const { auc } = classificationMeasures(
            binary(examples.map(([p]) => p / 8)),
            examples.map(([, is]) => (is ? 1 : 0)),
            2,
          );
          expect(auc).to.be.closeTo(pairs / (positive.length * negative.length), 1e-12);
        },
      ),
      { seed: 1 },
    );
  });

  it('have the calibration error of their bins', () => {
    // Four of confidence 0.9 in one bin, three right: |0.75 - 0.9|; one of 0.6, right: |1 - 0.6|.
    const { calibrationError } = classificationMeasures(binary([0.9, 0.9, 0.9, 0.9, 0.6]), [1, 1, 1, 0, 1], 2);
    expect(calibrationError).to.be.closeTo((4 * 0.15 + 0.4) / 5, 1e-12);
  });
});

describe('the difference of two classifiers on the same examples', () => {
  it('is that of their accuracies, with an interval that narrows with more examples', () => {
    const few = pairedShareDifference(6, 2, 40);
    const many = pairedShareDifference(600, 200, 4000);
    expect([few.difference, many.difference]).to.deep.equal([0.1, 0.1]);
    expect(few.interval[0]).to.be.below(0);
    expect(many.interval[0]).to.be.above(0.08);
    expect(pairedShareDifference(2, 6, 40).interval).to.deep.equal([-few.interval[1], -few.interval[0]]);
    expect(pairedShareDifference(0, 0, 10).interval[0]).to.be.below(0);
  });

  it('is covered in about 95 of 100 samples', () => {
    const rng = stream(1, 'coverage');
    let covered = 0;
    for (let trial = 0; trial < 2000; trial++) {
      let [first, second] = [0, 0];
      for (let i = 0; i < 50; i++) {
        const u = rng.uniform();
        if (u < 0.2) first++;
        else if (u < 0.3) second++;
      }
      const [low, high] = pairedShareDifference(first, second, 50).interval;
      if (low <= 0.1 && 0.1 <= high) covered++;
    }
    expect(covered / 2000).to.be.within(0.935, 0.97);
  });
});
