/** Measures of predicted numbers by hand, and the level of their intervals. */
import { expect } from 'chai';
import { bootstrapIntervals, regressionMeasures } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';

describe('measures of regression', () => {
  const rng = (name: string | number): ReturnType<typeof stream> => stream('regression', name);

  it('by hand: root mean squared error, mean absolute error and R²', () => {
    const { rmse, mae, r2 } = regressionMeasures([1, 2, 3, 6], [1, 3, 3, 4], { rng: rng('hand') });
    expect(rmse.value).to.be.closeTo(Math.sqrt(5 / 4), 1e-12);
    expect(mae.value).to.equal(0.75);
    expect(r2!.value).to.be.closeTo(1 - 5 / 14, 1e-12);
    expect(rmse.interval, 'of four examples').to.equal(undefined);
  });

  it('the mean explains none of the variance, the values themselves all of it; constant values have no R²', () => {
    const actual = Array.from({ length: 20 }, (_, i) => 1e6 + i);
    const mean = actual.reduce((sum, value) => sum + value / 20, 0);
    expect(
      regressionMeasures(
        actual,
        actual.map(() => mean),
        { rng: rng('mean') },
      ).r2!.value,
    ).to.be.closeTo(0, 1e-9);
    const perfect = regressionMeasures(actual, actual, { rng: rng('perfect') });
    expect([perfect.rmse.value, perfect.r2!.value]).to.deep.equal([0, 1]);
    expect(regressionMeasures([3, 3, 3], [1, 2, 3], { rng: rng('constant') })).not.to.have.property('r2');
    // Nor do those that differ from their own mean by rounding.
    for (const same of [Array(16).fill(0.1) as number[], actual.map((_, i) => 1e9 + 1e-7 * i)])
      expect(regressionMeasures(same, actual, { rng: rng('rounding') })).not.to.have.property('r2');
  });

  it('changes with the unit as the numbers do, and R² does not', () => {
    const draw = rng('unit');
    const actual = Array.from({ length: 40 }, () => draw.normal());
    const predicted = actual.map((value) => value + 0.3 * draw.normal());
    const [one, other] = [1, 1000].map((unit) =>
      regressionMeasures(
        actual.map((value) => unit * value + 5),
        predicted.map((value) => unit * value + 5),
        { rng: rng('same draws') },
      ),
    );
    expect(other!.rmse.value).to.be.closeTo(1000 * one!.rmse.value, 1e-6);
    expect(other!.rmse.interval![0]).to.be.closeTo(1000 * one!.rmse.interval![0], 1e-6);
    expect(other!.r2!.value).to.be.closeTo(one!.r2!.value, 1e-9);
    expect(other!.r2!.interval![1]).to.be.closeTo(one!.r2!.interval![1], 1e-9);
  });

  it('intervals hold the true value in about 95 of 100 samples: a mean, and a root mean squared error', () => {
    const samples = 200;
    const held = { mean: 0, root: 0 };
    for (let sample = 0; sample < samples; sample++) {
      const draw = rng(sample);
      const values = Float64Array.from({ length: 40 }, () => draw.normal());
      const intervals = bootstrapIntervals(
        [values, values.map((value) => value * value)],
        { mean: ([first]) => first!, root: ([, second]) => Math.sqrt(second!) },
        { rng: draw },
      );
      if (intervals.mean![0] <= 0 && intervals.mean![1] >= 0) held.mean++;
      if (intervals.root![0] <= 1 && intervals.root![1] >= 1) held.root++;
    }
    // Three standard errors of a share of 0.93 over 200 samples.
    expect(held.mean / samples).to.be.within(0.88, 0.99);
    expect(held.root / samples).to.be.within(0.88, 0.99);
  });
});
