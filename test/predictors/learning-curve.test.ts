import { expect } from 'chai';
import fc from 'fast-check';
import { fitLearningCurve } from '../../src/predictors/learning-curve.js';
import { mean, spearman } from '../../src/statistics/index.js';
import { studentBelow } from '../../src/statistics/student-t.js';
import { type Rng, stream } from '../../src/tensor/rng.js';
import { said } from '../said.js';

const curve = (epochs: number, value: (epoch: number) => number): number[] =>
  Array.from({ length: epochs }, (_, i) => value(i + 1));

describe('a learning curve', () => {
  it('that follows a law is continued exactly, whatever its parameters', () => {
    const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(between(0, 1), between(0.05, 1), between(0.1, 3), fc.integer({ min: 5, max: 12 }), (a, b, c, n) => {
        for (const law of [(t: number) => a + b * t ** -c, (t: number) => a + b * Math.exp(-c * (t - 1))]) {
          const fitted = fitLearningCurve(curve(n, law))!;
          for (const epoch of [1, n, 100]) expect(fitted.at(epoch)).to.be.closeTo(law(epoch), 1e-6);
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('that is constant stays constant', () => {
    const fitted = fitLearningCurve([0.25, 0.25, 0.25, 0.25])!;
    expect(fitted.at(50)).to.be.closeTo(0.25, 1e-12);
    expect(fitted.chanceBelow(50, 0.2)).to.be.below(1e-6);
    expect(fitted.chanceBelow(50, 0.3)).to.be.above(1 - 1e-6);
  });

  it('scales with its values, and keeps its probabilities', () => {
    const values = [2, 1.3, 1.1, 0.8, 0.85, 0.7];
    const [one, ten] = [fitLearningCurve(values)!, fitLearningCurve(values.map((value) => 10 * value))!];
    expect(ten.at(30)).to.be.closeTo(10 * one.at(30), 1e-6);
    expect(ten.chanceBelow(30, 5)).to.be.closeTo(one.chanceBelow(30, 0.5), 1e-6);
    const chances = [0, 0.3, 0.6, 0.9, 2].map((limit) => one.chanceBelow(30, limit));
    expect([...chances].sort((a, b) => a - b)).to.deep.equal(chances);
    expect(chances[0]).to.be.above(0);
    expect(chances.at(-1)).to.be.below(1);
  });

  it('is not continued from three epochs, and refuses values that are not losses', () => {
    expect(fitLearningCurve([3, 2, 1])).to.equal(undefined);
    expect(said(() => fitLearningCurve([3, NaN, 1, 1]))).to.match(/value after epoch 2 of a learning curve is NaN/);
    expect(said(() => fitLearningCurve([3, 2, -1]))).to.match(/value after epoch 3/);
    expect(said(() => fitLearningCurve([Infinity]))).to.match(/after epoch 1 .* Infinity/);
  });

  it('orders networks of a planted law better than the last value does, with calibrated probabilities', () => {
    const rng = stream(1, 'curves');
    const all = Array.from({ length: 150 }, () => planted(rng));
    const seen = all.map((values) => values.slice(0, 8));
    const final = all.map((values) => values.at(-1)!);
    const fitted = seen.map((values) => fitLearningCurve(values)!);
    const order = spearman(
      fitted.map((one) => one.at(64)),
      final,
    );
    const last = spearman(
      seen.map((values) => values.at(-1)!),
      final,
    );
    expect(order).to.be.above(0.98);
    expect(last).to.be.below(0.95);
    const chances = fitted.map((one) => one.chanceBelow(64, 0.15));
    const unlikely = final.filter((_, i) => chances[i]! < 0.1);
    expect(unlikely.length).to.be.above(20);
    expect(mean(unlikely.map((value) => Number(value < 0.15)))).to.be.below(0.15);
  });

  it('has its probabilities from Student’s distribution', () => {
    // Tables of the t distribution: P(T < 2.920) = .95 for 2 degrees of freedom, P(T < 1.812) = .95 for 10.
    expect(studentBelow(2.91999, 2)).to.be.closeTo(0.95, 1e-5);
    expect(studentBelow(-1.81246, 10)).to.be.closeTo(0.05, 1e-5);
    expect(studentBelow(0, 5)).to.equal(0.5);
  });
});

/** A power law whose speed has nothing to do with where it leads, with noise, over 64 epochs. */
function planted(rng: Rng): number[] {
  const [a, b, c] = [0.05 + 0.25 * rng.uniform(), 0.2 + 0.5 * rng.uniform(), 0.3 + 1.2 * rng.uniform()];
  return curve(64, (epoch) => Math.abs(a + b * epoch ** -c + 0.004 * rng.normal()));
}
