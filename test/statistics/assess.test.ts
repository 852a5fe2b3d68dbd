import { expect } from 'chai';
import fc from 'fast-check';
import {
  assessDifference,
  assessMean,
  assessPaired,
  exchangeP,
  mean,
  pairedRatioInterval,
  ratioInterval,
  signFlipP,
  standardDeviation,
} from '../../src/statistics/index.js';
import { twoSidedP, twoSidedQuantile } from '../../src/statistics/student-t.js';

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);

/** Student's own data, hours of sleep gained by two drugs (Student 1908; `sleep` of R), ten patients. */
const SLEEP = [
  [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
  [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
] as const;

describe("Student's t distribution", () => {
  it('has the quantiles of the tables', () => {
    for (const [p, degrees, t] of [
      [0.05, 1, 12.7062047361747],
      [0.05, 2, 4.30265272974946],
      [0.05, 5, 2.57058183563631],
      [0.05, 19, 2.09302405440831],
      [0.01, 10, 3.16927267261695],
      [0.05, 1000, 1.96233908082641],
    ] as const) {
      expect(twoSidedQuantile(p, degrees)).to.be.closeTo(t, 1e-9 * t);
      expect(twoSidedP(t, degrees)).to.be.closeTo(p, 1e-9 * p);
      expect(twoSidedP(-t, degrees)).to.equal(twoSidedP(t, degrees));
    }
  });

  it('is Cauchy with one degree of freedom, and has the closed form with two', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), (t) => {
        expect(twoSidedP(t, 1)).to.be.closeTo(1 - (2 / Math.PI) * Math.atan(t), 1e-12);
        expect(twoSidedP(t, 2)).to.be.closeTo(1 - t / Math.sqrt(2 + t * t), 1e-12);
      }),
    );
    expect([twoSidedP(0, 3), twoSidedP(Infinity, 3), twoSidedQuantile(1, 3)]).to.deep.equal([1, 0, Number.MIN_VALUE]);
    expect(
      [twoSidedP(NaN, 3), twoSidedP(1, 0), twoSidedQuantile(0, 3), twoSidedQuantile(0.05, 0)].every(Number.isNaN),
    ).to.equal(true);
  });
});

describe('tests by arrangements', () => {
  /** From the definition. */
  const signsByHand = (values: readonly number[]): number => {
    const distances = Array.from({ length: 2 ** values.length }, (_, way) =>
      Math.abs(values.reduce((sum, value, i) => sum + ((way >> i) & 1 ? value : -value), 0)),
    );
    return distances.filter((one) => one >= distances.at(-1)! - 1e-9).length / distances.length;
  };

  it('count the signs that the definition counts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 9 }), { minLength: 1, maxLength: 9 }), (values) => {
        expect(signFlipP(values)).to.be.closeTo(signsByHand(values), 1e-12);
      }),
    );
    expect(signFlipP([1, 2, 3, 4, 5, 6])).to.equal(2 / 64);
    expect(signFlipP([])).to.be.NaN;
    // However small the values are.
    expect(signFlipP([1e-12, 2e-12, 3e-12, 4e-12, 5e-12, 6e-12])).to.equal(2 / 64);
  });

  it('count the divisions that the definition counts, of samples of unequal size too', () => {
    const sample = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 5 });
    const welch = (a: readonly number[], b: readonly number[]): number => {
      const variance = (values: readonly number[]): number => standardDeviation(values) ** 2 / values.length;
      const difference = Math.abs(mean(a) - mean(b));
      return difference === 0 ? 0 : difference / Math.sqrt(variance(a) + variance(b));
    };
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const all = [...a, ...b];
        const least = welch(a, b);
        const distances = Array.from({ length: 2 ** all.length }, (_, way) => way).flatMap((way) => {
          const chosen = all.filter((_, i) => (way >> i) & 1);
          return chosen.length === a.length
            ? [
                welch(
                  chosen,
                  all.filter((_, i) => !((way >> i) & 1)),
                ),
              ]
            : [];
        });
        const expected = distances.filter((one) => one >= least - 1e-9 * least).length / distances.length;
        expect(exchangeP(a, b)).to.be.closeTo(expected, 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  it('draw as many as they cannot count, and end in the t distribution', () => {
    const values = Array.from({ length: 24 }, (_, i) => Math.sin(7 * i) + 0.35);
    const drawn = signFlipP(values);
    const { value, interval } = assessPaired(values, zeros(24));
    const error = (interval![1] - value) / twoSidedQuantile(0.05, 23);
    expect(drawn).to.be.closeTo(twoSidedP(value / error, 23), 0.015);
    expect(drawn).to.be.within(0.005, 0.05);
    expect(signFlipP(values)).to.equal(drawn);
    expect(signFlipP(Array.from({ length: 24 }, () => 1))).to.equal(1 / 2000);
    const many = Array.from({ length: 201 }, (_, i) => Math.sin(7 * i) + 0.1);
    const all = assessPaired(many, zeros(201));
    expect(signFlipP(many)).to.be.closeTo(
      twoSidedP(all.value / ((all.interval![1] - all.value) / twoSidedQuantile(0.05, 200)), 200),
      1e-9,
    );
  });

  it('count the divisions of two samples', () => {
    // Of the 70 ways to divide 1..8 into fours two are as far apart as 1234 and 5678.
    expect(exchangeP([5, 6, 7, 8], [1, 2, 3, 4])).to.equal(2 / 70);
    // Where the values are far from zero the digits that tell them apart are kept.
    const far = (value: number): number => 1e8 + value;
    expect(exchangeP([5, 6, 7, 8].map(far), [1, 2, 3, 4].map(far))).to.equal(2 / 70);
    expect(exchangeP([1, 2, 3], [1, 2, 3])).to.equal(1);
    expect(exchangeP([1, 1, 1], [2, 2, 2])).to.equal(2 / 20);
    expect(exchangeP([1, 1], [1, 1])).to.equal(1);
    const a = Array.from({ length: 20 }, (_, i) => Math.sin(5 * i) + 0.45);
    const b = Array.from({ length: 20 }, (_, i) => Math.cos(3 * i));
    const drawn = exchangeP(a, b);
    expect(drawn).to.be.closeTo(assessDifference(a, b).p, 1e-12);
    expect(drawn).to.be.within(0.01, 0.1);
    expect(exchangeP(b, a)).to.be.closeTo(drawn, 0.025);
  });
});

describe('assessment of means', () => {
  it("finds what Student found in ten patients' sleep", () => {
    const [first, second] = SLEEP;
    const paired = assessPaired(second, first);
    expect(paired.value).to.be.closeTo(1.58, 1e-12);
    // R: t.test(extra ~ group, paired = TRUE), 95 percent confidence interval 0.7001142 2.4598858.
    expect(paired.interval![0]).to.be.closeTo(0.7001142, 1e-7);
    expect(paired.interval![1]).to.be.closeTo(2.4598858, 1e-7);
    expect(paired.p).to.equal(4 / 1024);
    expect(paired).to.deep.include({ count: 10, claim: 'above', obstacle: undefined, fewest: 6 });
    // R: t.test(extra ~ group), Welch, 95 percent confidence interval -3.3654832 0.2054832, p 0.07939.
    const apart = assessDifference(first, second);
    expect(apart.interval![0]).to.be.closeTo(-3.3654832, 1e-7);
    expect(apart.interval![1]).to.be.closeTo(0.2054832, 1e-7);
    expect(apart.p).to.be.closeTo(0.0794, 0.015);
    expect(apart).to.deep.include({ claim: undefined, obstacle: 'chance', fewest: 4 });
  });

  it('claims nothing from few values, however clear they are, and says how many are needed', () => {
    expect(assessMean([1, 1.01, 0.99, 1, 1.02])).to.include({ claim: undefined, obstacle: 'few', fewest: 6 });
    expect(assessMean([1, 1.01, 0.99, 1, 1.02, 1])).to.include({ claim: 'above', obstacle: undefined });
    expect(assessMean([-1, -1.01, -0.99, -1, -1.02, -1])).to.include({ claim: 'below' });
    expect(assessMean([1, 1.01]).interval).to.equal(undefined);
    expect(assessMean([1, 1.01, 1.02]).interval).to.have.length(2);
    const accuracies = [0.2, 0.6, 0.98];
    expect(assessMean(accuracies).interval![0]).to.be.below(0);
    expect(assessMean(accuracies, { possible: [0, 1] }).interval).to.deep.equal([0, 1]);
    expect(assessMean([])).to.deep.include({ count: 0, interval: undefined, obstacle: 'few' });
    expect(assessDifference([5, 6, 7], [1, 2, 3])).to.include({ claim: undefined, obstacle: 'few', fewest: 4 });
    expect(assessDifference([5, 6, 7], [1, 2, 3, 1, 2, 3])).to.include({
      claim: undefined,
      interval: undefined,
      obstacle: 'few',
    });
    expect(assessDifference([5, 6, 7, 6], [1, 2, 3, 2])).to.include({ claim: 'above' });
    expect(assessDifference([5], [1, 2, 3, 4]).interval).to.equal(undefined);
  });

  it('requires more values if several claims are made together', () => {
    const values = [1, 1.01, 0.99, 1, 1.02, 1, 1.01];
    expect(assessMean(values, { comparisons: 4 })).to.include({ claim: undefined, obstacle: 'few', fewest: 8 });
    const [low, high] = assessPaired(values, zeros(7), { comparisons: 4 }).interval!;
    const [one, other] = assessPaired(values, zeros(7)).interval!;
    expect((high - low) / (other - one)).to.be.closeTo(twoSidedQuantile(0.0125, 6) / twoSidedQuantile(0.05, 6), 1e-9);
    expect(assessMean(values, { confidence: 0.9 }).fewest).to.equal(5);
  });

  it('extends further towards the long tail of a single sample, but not of pairs', () => {
    // Deviations -1, -1, -1, 3: skewness 24 / 4 over 3^1.5 = 2 / √3, standard error 1, t = 3.182446.
    const values = [1, 1, 1, 5];
    const t = 3.182446305284263;
    const further = ((2 / Math.sqrt(3)) * (2 * t * t + 1)) / (6 * Math.sqrt(4));
    const [low, high] = assessMean(values).interval!;
    expect(low).to.be.closeTo(2 - t, 1e-9);
    expect(high).to.be.closeTo(2 + t + further, 1e-9);
    assessPaired(values, zeros(4)).interval!.forEach((end, i) => expect(end).to.be.closeTo(2 + (2 * i - 1) * t, 1e-9));
  });

  it('does not treat equal values as certain ones', () => {
    for (const one of [
      assessMean([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]),
      // Rounding alone makes these differ.
      assessPaired([0.3, 0.7, 1.1, 0.5, 0.4, 0.9], [0.2, 0.6, 1.0, 0.4, 0.3, 0.8]),
      assessDifference([0.5, 0.5, 0.5, 0.5, 0.5], [0.4, 0.4, 0.4, 0.4, 0.4]),
    ]) {
      expect(one).to.deep.include({ interval: undefined, claim: undefined, obstacle: 'constant' });
      expect(one.p).to.be.NaN;
    }
    expect(pairedRatioInterval([0.2, 0.4, 0.6], [0.1, 0.2, 0.3])).to.equal(undefined);
    expect(ratioInterval([0.9, 0.9, 0.9, 0.9], [0.75, 0.75, 0.75, 0.75])).to.equal(undefined);
  });

  it('never contradicts its own interval, and follows the sign', () => {
    const value = fc.integer({ min: -20, max: 30 });
    const negated = (...samples: [number[], number[]]): [number[], number[]] => [
      samples[0].map((x) => -x),
      samples[1].map((x) => -x),
    ];
    fc.assert(
      fc.property(fc.array(value, { maxLength: 12 }), fc.array(value, { maxLength: 12 }), (a, b) => {
        for (const [one, turned] of [
          [assessDifference(a, b), assessDifference(b, a)],
          [assessDifference(a, b), assessDifference(...negated(a, b))],
          [assessMean(a), assessMean(a.map((x) => -x))],
        ] as const) {
          if (one.claim) expect(one.claim === 'above' ? one.interval![0] : -one.interval![1]).to.be.above(0);
          expect(one.claim === undefined).to.equal(one.obstacle !== undefined);
          if (one.interval) {
            expect(one.interval[0]).to.be.below(one.interval[1]);
            expect(turned.interval![0]).to.be.closeTo(-one.interval[1], 1e-9);
            expect(turned.p).to.be.closeTo(one.p, 1e-12);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('has ratio intervals that contain one exactly when the difference may be zero', () => {
    const sample = fc.array(fc.double({ min: 0.5, max: 1.5, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const difference = assessPaired(a, b).interval;
        const ratio = pairedRatioInterval(a, b);
        if (!difference || !ratio || Math.min(...difference.map(Math.abs)) < 1e-9) return;
        expect(ratio[0] < 1 && 1 < ratio[1]).to.equal(difference[0] < 0 && 0 < difference[1]);
        const doubled = pairedRatioInterval(
          a.map((x) => 2 * x),
          b,
        )!;
        expect(doubled[0]).to.be.closeTo(2 * ratio[0], 1e-9);
      }),
    );
    // A denominator that may be zero bounds no ratio.
    expect(pairedRatioInterval([1, 2, 3, 4], [1, -1, 1, -1.1])).to.equal(undefined);
    expect(ratioInterval([1, 2, 3, 4], [1, -1, 1, -1.1])).to.equal(undefined);
  });

  it("has Fieller's interval", () => {
    // By hand: means 3 and 2, variances of the means 1/3 and 1/3, covariance of the means 1/6, t = 4.302653.
    const [a, b] = [
      [20, 21, 22],
      [11, 10, 12],
    ];
    const t2 = 4.302652729749464 ** 2;
    const [square, linear, constant] = [121 - t2 / 3, 231 - t2 / 6, 441 - t2 / 3];
    const root = Math.sqrt(linear ** 2 - square * constant);
    const [low, high] = pairedRatioInterval(a, b)!;
    expect(low).to.be.closeTo((linear - root) / square, 1e-9);
    expect(high).to.be.closeTo((linear + root) / square, 1e-9);
    // Where the denominator hardly varies it is Welch's interval of the numerator, divided.
    const many = [5, 6, 7, 8, 6, 5];
    const still = [2, 2 + 1e-9, 2 - 1e-9, 2, 2, 2];
    const apart = ratioInterval(many, still)!;
    const alone = assessDifference(many, still).interval!.map((end) => (end + 2) / 2);
    apart.forEach((end, i) => expect(end).to.be.closeTo(alone[i]!, 1e-7));
  });
});
