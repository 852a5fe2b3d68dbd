import { expect } from 'chai';
import fc from 'fast-check';
import {
  byEpoch,
  constant,
  cosine,
  exponential,
  linear,
  scheduleFromConfig,
  scheduleSchema,
  stepDecay,
  warmRestarts,
  warmUp,
} from '../../src/optimizers/index.js';

describe('learning-rate schedules', () => {
  it('cosine goes from the maximum through the middle to the minimum and stays', () => {
    const rate = cosine({ maximum: 0.1, minimum: 0.02, steps: 100 });
    expect(rate(0)).to.equal(0.1);
    expect(rate(50)).to.be.closeTo(0.06, 1e-15);
    expect(rate(25)).to.be.closeTo(0.02 + 0.04 * (1 + Math.SQRT1_2), 1e-15);
    expect([rate(100), rate(1000)]).to.deep.equal([0.02, 0.02]);
  });

  it('warm restarts restart at T0, T0 + 2 T0, ... and equal one cosine within each period', () => {
    const rate = warmRestarts({ maximum: 0.05, minimum: 0.001, period: 10, factor: 2 });
    for (const restart of [0, 10, 30, 70, 150]) expect(rate(restart)).to.equal(0.05);
    const second = cosine({ maximum: 0.05, minimum: 0.001, steps: 20 });
    for (let t = 0; t < 20; t++) expect(rate(10 + t)).to.be.closeTo(second(t), 1e-15);
    expect(rate(69)).to.be.below(0.0012);
  });

  it('warm restarts with periods of equal length repeat', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: 50 }), (step, period) => {
        const rate = warmRestarts({ maximum: 1, period });
        expect(rate(step + period)).to.equal(rate(step));
      }),
    );
  });

  it('linear, constant, step decay', () => {
    expect([0, 5, 10, 20].map(linear({ from: 1, to: 0, steps: 10 }))).to.deep.equal([1, 0.5, 0, 0]);
    expect([0, 99].map(constant(0.3))).to.deep.equal([0.3, 0.3]);
    expect([0, 9, 10, 20].map(stepDecay({ initial: 1, factor: 0.5, at: [10, 20] }))).to.deep.equal([1, 1, 0.5, 0.25]);
  });

  it('exponential decays as a staircase after its start, down to its minimum', () => {
    const rate = exponential({ initial: 20, factor: 0.96, every: 4, from: 60, minimum: 1 });
    expect([0, 60, 63].map(rate)).to.deep.equal([20, 20, 20]);
    expect(rate(64)).to.be.closeTo(19.2, 1e-12);
    expect(rate(67)).to.be.closeTo(19.2, 1e-12);
    expect(rate(68)).to.be.closeTo(18.432, 1e-12);
    expect(rate(100000)).to.equal(1);
  });

  it('warm-up reaches the schedule with its last step', () => {
    expect([0, 1, 3, 4, 10].map(warmUp(constant(1), 4))).to.deep.equal([0.25, 0.5, 1, 1, 1]);
  });

  it('by epoch holds the rate of the epoch’s first step', () => {
    const rate = byEpoch(linear({ from: 1, to: 0, steps: 10 }), 5);
    expect([0, 4, 5, 9, 10].map(rate)).to.deep.equal([1, 1, 0.5, 0.5, 0]);
  });

  it('a configuration counts in epochs', () => {
    const length = { stepsPerEpoch: 20, totalSteps: 200 };
    const of = (config: Parameters<typeof scheduleSchema.parse>[0], warmUpEpochs = 0) =>
      scheduleFromConfig(scheduleSchema.parse(config), 0.05, warmUpEpochs, length);
    expect(of({ name: 'cosine' })(200)).to.equal(0);
    expect(of({ name: 'cosine', epochs: 5, minimum: 0.01 })(100)).to.equal(0.01);
    const enas = of({ name: 'warm-restarts', minimum: 0.001, perEpoch: true });
    expect([enas(0), enas(19), enas(200)]).to.deep.equal([0.05, 0.05, 0.05]);
    expect(enas(199)).to.equal(enas(180));
    expect(of({ name: 'step', at: [1.5], factor: 0.1 })(30)).to.be.closeTo(0.005, 1e-15);
    expect(of({ name: 'linear' })(100)).to.be.closeTo(0.025, 1e-15);
    expect(of({ name: 'exponential', from: 1 })(40)).to.be.closeTo(0.048, 1e-15);
    expect(of({ name: 'constant' }, 2)(0)).to.be.closeTo(0.05 / 40, 1e-15);
  });

  it('is never negative, whatever the configuration', () => {
    fc.assert(
      fc.property(
        fc.nat(1e5),
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (step, steps, minimum) => {
          for (const rate of [
            cosine({ maximum: 1, minimum, steps }),
            warmRestarts({ maximum: 1, minimum, period: steps, factor: 2 }),
          ]) {
            expect(rate(step)).to.be.within(minimum - 1e-12, 1);
          }
        },
      ),
    );
  });
});
