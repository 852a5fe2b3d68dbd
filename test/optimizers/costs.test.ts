/** What optimizers say they cost, and the schedules that they make of another. */
import { expect } from 'chai';
import { efficientSam } from '../../src/optimizers/flatness/esam.js';
import { proportionalTo } from '../../src/optimizers/flatness/gsam.js';

describe('costs and schedules of flatness-aware optimizers', () => {
  it('ESAM costs a gradient on the chosen share, and two forward passes for the choice', () => {
    expect(efficientSam({ gamma: 1 }).gradientEvaluations).to.equal(2);
    expect(efficientSam({ gamma: 0.25 }).gradientEvaluations).to.be.closeTo(1.25 + 2 / 3, 1e-12);
    expect(efficientSam({ gamma: 0.25 }).smallestPart!(10)).to.equal(2);
    expect(efficientSam({ gamma: 1 }).smallestPart!(10)).to.equal(10);
  });

  it('a radius follows the learning rate from lowest to highest, and is the highest if the rate is constant', () => {
    const rates = [0.4, 0.1, 0.3, 0.2];
    const radius = proportionalTo((step) => rates[step]!, 4, { minimum: 1, maximum: 7 });
    [7, 1, 5, 3].forEach((expected, step) => expect(radius(step), `step ${step}`).to.be.closeTo(expected, 1e-12));
    expect(proportionalTo(() => 0.1, 4, { minimum: 1, maximum: 7 })(2)).to.equal(7);
  });
});
