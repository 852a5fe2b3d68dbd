import { expect } from 'chai';
import { bestRankAt, choiceIntervals, ndcg, precisionAtTop } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';

const SHARE = 0.25;

/** True scores and two noisy estimates of them, of which many are tied where they are rounded. */
function draw(count: number, rounded = false): [truth: number[], a: number[], b: number[]] {
  const rng = stream(5, 'choices', count);
  const truth = Array.from({ length: count }, () => rng.normal());
  const noisy = (noise: number): number[] =>
    truth.map((value) => value + noise * rng.normal()).map((value) => (rounded ? Math.round(value) : value));
  return [truth, noisy(0.3), noisy(2)];
}

describe('bootstrap of the result of a choice', () => {
  for (const rounded of [false, true]) {
    it(`has the quantiles that drawing the networks themselves gives${rounded ? ', with ties' : ''}`, () => {
      const [truth, a, b] = draw(24, rounded);
      const { each, difference } = choiceIntervals(truth, [a, b], SHARE, { reference: 1 });
      // The same draws, written out: rankings of networks of which some stand there several times.
      const rng = stream(24, 'choice-intervals');
      const of: [number[], number[]] = [[], []];
      const best: number[] = [];
      for (let resample = 0; resample < 2000; resample++) {
        const drawn = truth.map(() => rng.int(24));
        const at = (scores: readonly number[]): number[] => drawn.map((i) => scores[i]!);
        best.push(bestRankAt(at(truth), at(b), SHARE));
        [a, b].forEach((scores, i) => of[i]!.push(precisionAtTop(at(truth), at(scores), SHARE)));
      }
      const ends = (values: number[]): number[] => {
        const sorted = Float64Array.from(values).sort();
        return [sorted[49]!, sorted[1951]!];
      };
      const close = (found: readonly number[] | undefined, wanted: number[]): void =>
        wanted.forEach((end, i) => expect(found![i]).to.be.closeTo(end, 1e-12));
      close(each[0]!.precisionTop, ends(of[0]));
      close(each[1]!.precisionTop, ends(of[1]));
      close(each[1]!.bestRank, ends(best));
      close(difference!.precisionTop, ends(of[0].map((value, i) => value - of[1][i]!)));
    });
  }

  it('holds the plain value of each measure, also of a ranker that ties all, whose best rank alone is moved by copies', () => {
    const [truth, a, b] = draw(60);
    const flat = truth.map(() => 1);
    const rankers = [a, b, flat];
    choiceIntervals(truth, rankers, SHARE).each.forEach(({ precisionTop, bestRank, ndcg: gain }, i) => {
      const estimate = rankers[i]!;
      for (const [interval, value] of [
        [precisionTop, precisionAtTop(truth, estimate, SHARE)],
        [bestRank, bestRankAt(truth, estimate, SHARE)],
        [gain, ndcg(truth, estimate, SHARE * truth.length)],
      ] as const)
        if (interval && !(estimate === flat && interval === bestRank))
          expect(value, `ranker ${i}`).to.be.within(interval[0] - 1e-12, interval[1] + 1e-12);
    });
  });

  // `WEFT_NULLS=300` for the numbers of docs/explanation/measurements.md.
  const samples = Number(process.env['WEFT_NULLS'] ?? 0);
  for (const count of samples > 0 ? [20, 50, 200, 500] : [40])
    it(`holds what samples of ${count} networks give on average, but for the best rank`, () => {
      const rng = stream(7, 'level', count);
      const sample = (noise: number): [number[], number[], number[]] => {
        const truth = Array.from({ length: count }, () => rng.normal());
        const noisy = (): number[] => truth.map((value) => value + noise * rng.normal());
        return [truth, noisy(), noisy()];
      };
      for (const noise of [0.5, 1.5]) {
        const expected = { precisionTop: 0, bestRank: 0, ndcg: 0 };
        for (let i = 0; i < 1000; i++) {
          const [truth, estimate] = sample(noise);
          expected.precisionTop += precisionAtTop(truth, estimate, 0.1) / 1000;
          expected.bestRank += bestRankAt(truth, estimate, 0.1) / 1000;
          expected.ndcg += ndcg(truth, estimate, 0.1 * count) / 1000;
        }
        for (const measure of ['precisionTop', 'bestRank', 'ndcg'] as const) {
          let [held, stated, zero] = [0, 0, 0];
          const trials = samples || 40;
          for (let i = 0; i < trials; i++) {
            const [truth, a, b] = sample(noise);
            const { each, difference } = choiceIntervals(truth, [a, b], 0.1, { reference: 1 });
            const interval = each[0]![measure];
            if (interval) stated++;
            if (interval && interval[0] <= expected[measure] && expected[measure] <= interval[1]) held++;
            const less = difference![measure];
            if (!less || (less[0] <= 0 && 0 <= less[1])) zero++;
          }
          if (samples > 0)
            console.log(
              `${count}, noise ${noise}: ${measure} holds ${((100 * held) / stated).toFixed(0)} %, difference of equal rankers holds 0 in ${((100 * zero) / trials).toFixed(0)} %`,
            );
          if (measure === 'bestRank') continue;
          expect(held / stated, `${measure}, noise ${noise}`).to.be.at.least(0.85);
          expect(zero / trials, `${measure}, noise ${noise}`).to.be.at.least(0.85);
        }
      }
    }).timeout(3_600_000);

  it('finds a better ranker better, and claims nothing for the same one', () => {
    const [truth, a, b] = draw(400);
    const { precisionTop, ndcg: gain } = choiceIntervals(truth, [a, b], SHARE, { reference: 1 }).difference!;
    expect(precisionTop![0]).to.be.above(0);
    expect(gain![0]).to.be.above(0);
    expect(choiceIntervals(truth, [a, a], SHARE, { reference: 1 }).difference).to.deep.equal({
      precisionTop: undefined,
      bestRank: undefined,
      ndcg: undefined,
    });
    const wider = choiceIntervals(truth, [a, b], SHARE, { reference: 1, comparisons: 10 }).difference!;
    expect(wider.ndcg![0]).to.be.below(gain![0]);
  });

  it('is undefined for few networks and equal truths', () => {
    const [truth, a] = draw(11);
    expect(choiceIntervals(truth, [a], SHARE).each[0]!.ndcg).to.equal(undefined);
    const [, of] = draw(30);
    expect(
      choiceIntervals(
        of.map(() => 1),
        [of],
        SHARE,
      ).each[0]!.ndcg,
    ).to.equal(undefined);
  });
});
