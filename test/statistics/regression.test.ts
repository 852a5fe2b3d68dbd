/** Measures of predicted numbers by hand, and the level of their intervals. */
import { expect } from 'chai';
import { assessMean, bootstrapIntervals, regressionMeasures } from '../../src/statistics/index.js';
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

  describe('intervals hold the true value in 93 to 97 of 100 samples', () => {
    const samples = 400;
    const margin = 3 * Math.sqrt((0.05 * 0.95) / samples);
    for (const count of [8, 12, 20, 50])
      it(`of ${count} examples with normal errors`, () => {
        const draw = rng(count);
        const held = { rmse: 0, mae: 0, r2: 0 };
        const truth = { rmse: 1, mae: Math.sqrt(2 / Math.PI), r2: 0.5 };
        for (let sample = 0; sample < samples; sample++) {
          const predicted = Array.from({ length: count }, () => draw.normal());
          const actual = predicted.map((value) => value + draw.normal());
          const measures = regressionMeasures(actual, predicted, { rng: draw });
          for (const name of ['rmse', 'mae', 'r2'] as const) {
            const [low, high] = measures[name]!.interval!;
            if (low <= truth[name] && truth[name] <= high) held[name]++;
          }
        }
        for (const [name, times] of Object.entries(held))
          expect(times / samples, name).to.be.within(0.93 - margin, 0.97 + margin);
      });
  });

  it('says nothing of errors that do not vary, and of those that nearly all are zero', () => {
    const actual = Array.from({ length: 20 }, (_, i) => i);
    const shifted = regressionMeasures(
      actual,
      actual.map((value) => value + 3),
      { rng: rng('shifted') },
    );
    expect([shifted.rmse, shifted.mae]).to.deep.equal([{ value: 3 }, { value: shifted.mae.value }]);
    const once = regressionMeasures(
      actual,
      actual.map((value, i) => value + Number(i === 7)),
      { rng: rng('once') },
    );
    expect(once.rmse).to.deep.equal({ value: Math.sqrt(1 / 20) });
  });

  it('is the interval of the mean by the t table where that is exact', () => {
    const draw = rng('normal');
    const values = Float64Array.from({ length: 400 }, () => draw.normal());
    const { mean } = bootstrapIntervals(
      [values],
      { mean: { value: ([first]) => first!, gradient: () => [1] } },
      { rng: draw },
    );
    const { interval } = assessMean([...values]);
    mean!.forEach((end, i) => expect(end).to.be.closeTo(interval![i]!, 0.01));
  });
});
