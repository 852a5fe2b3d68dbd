/** Probabilities that mean what they say, and the temperature that makes them so. */
import { expect } from 'chai';
import { calibrationCurve, calibrationError, errorByChance, fitTemperature } from '../../src/statistics/calibration.js';
import { stream } from '../../src/tensor/rng.js';

/** Labels drawn from softmax(z), and logits that are `factor` times z. */
function drawn(count: number, classes: number, factor: number): { logits: Float64Array; labels: Int32Array } {
  const rng = stream('calibration', count, classes);
  const logits = new Float64Array(count * classes);
  const labels = Int32Array.from({ length: count }, (_, i) => {
    const row = Array.from({ length: classes }, () => 2 * rng.normal());
    row.forEach((z, c) => (logits[i * classes + c] = factor * z));
    return rng.categorical(row.map(Math.exp));
  });
  return { logits, labels };
}

describe('calibration', () => {
  it('bins confidences; the error is the mean gap, weighted by examples', () => {
    const calls = [
      { confidence: 0.9, right: true },
      { confidence: 0.92, right: false },
      { confidence: 0.5, right: true },
      { confidence: 1, right: true },
    ];
    const curve = calibrationCurve(calls);
    expect(curve.map(({ count }) => count)).to.deep.equal([1, 2, 1]);
    expect(curve[1]).to.deep.include({ accuracy: 0.5 });
    expect(calibrationError(curve)).to.be.closeTo((0.5 + Math.abs(0.9 + 0.92 - 1)) / 4, 1e-12);
  });

  it('finds the factor by which logits are too large or too small', () => {
    for (const factor of [0.5, 1, 3]) {
      const { logits, labels } = drawn(4000, 4, factor);
      expect(fitTemperature(logits, labels, 4) / factor).to.be.within(0.93, 1.07);
    }
  });

  it('has the closed form of two classes with one distance: the odds are those of one example more', () => {
    // Logits ±1/2, 30 of 40 right: β = log of the odds, where each label counts (n + 1)/(n + 2).
    const [count, right, own] = [40, 30, 41 / 42];
    const logits = Array.from({ length: count }, () => [0.5, -0.5]).flat();
    const labels = Array.from({ length: count }, (_, i) => (i < right ? 0 : 1));
    const share = (right * own + (count - right) * (1 - own)) / count;
    expect(fitTemperature(logits, labels, 2)).to.be.closeTo(1 / Math.log(share / (1 - share)), 1e-6);
  });

  it('scales with a factor on the logits, and does not end at zero if everything is right', () => {
    const { logits, labels } = drawn(200, 3, 1);
    const twice = logits.map((z) => 2 * z);
    expect(fitTemperature(twice, labels, 3) / fitTemperature(logits, labels, 3)).to.be.closeTo(2, 1e-6);
    const right = [8, 0, 0, 8, 8, 0].flatMap((z) => [z]);
    // Four in five at most, with three examples.
    expect(fitTemperature(right, [0, 1, 0], 2)).to.be.closeTo(8 / Math.log(4), 1e-6);
    expect(fitTemperature([1, 0, 1, 0], [1, 1], 2), 'worse than guessing').to.be.closeTo(20, 1e-6);
  });

  it('states the error due to chance: less with more examples, none for certainty', () => {
    const calls = (count: number) => Array.from({ length: count }, () => ({ confidence: 0.7, right: true }));
    const of = (count: number): number => errorByChance(calls(count), stream('chance'));
    // E|share - p| of a binomial share is about √(2 p (1 - p) / (π n)).
    expect(of(100)).to.be.closeTo(Math.sqrt((2 * 0.21) / (Math.PI * 100)), 0.008);
    expect(of(1600)).to.be.below(of(100) / 3);
    expect(errorByChance([{ confidence: 1, right: true }], stream('chance'))).to.equal(0);
  });
});
