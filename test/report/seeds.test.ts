import { expect } from 'chai';
import { analyseSeeds, buildReport, type SeedRun, seedRunsOf, seedsPage } from '../../src/report/index.js';
import { randomComparison } from '../../src/search/comparison.js';
import { stream } from '../../src/tensor/rng.js';
import { fixtureRun } from './fixture.js';
import { said } from '../said.js';
import { markupMistake } from './well-formed.js';

/** Searches whose strategy is better by `advantage`, up to noise. */
function runs(
  seeds: number,
  {
    advantage = 0.02,
    noise = 0.002,
    measure = 'accuracy',
  }: { advantage?: number; noise?: number; measure?: 'accuracy' | 'loss' } = {},
): SeedRun[] {
  const rng = stream(4, 'seeds');
  return Array.from({ length: seeds }, (_, i) => {
    const random = 0.8 + 0.02 * rng.normal();
    const better = (measure === 'accuracy' ? 1 : -1) * advantage;
    const comparison = randomComparison(
      [random + better + noise * rng.normal(), random + better],
      [random, random - 0.001, random + 0.001],
      measure,
    );
    return {
      seed: i + 1,
      space: 'mlp',
      controller: 'enas',
      derived: { architecture: `mlp~1:${i}` },
      test: { loss: 0.3, ...(measure === 'accuracy' && { accuracy: 0.9 + 0.01 * rng.normal() }) },
      comparison,
    };
  });
}

describe('a search with several seeds', () => {
  it('is compared with random sampling at equal cost', () => {
    expect(randomComparison([0.5, 0.75, 1], [0.25, 0.75], 'accuracy')).to.deep.equal({
      measure: 'accuracy',
      controllerMean: 0.75,
      randomMean: 0.5,
      count: 2,
      controllerBest: 0.75,
      randomBest: 0.75,
    });
    expect(randomComparison([2, 1], [3, 0.5, 0.1], 'loss')).to.include({
      count: 2,
      controllerBest: 1,
      randomBest: 0.5,
    });
    expect(randomComparison([], [1], 'loss')).to.equal(undefined);
  });

  it('has the relative improvement of the means, seeds being pairs', () => {
    const comparison = (controllerMean: number, randomMean: number) => ({
      measure: 'accuracy' as const,
      controllerMean,
      randomMean,
      count: 5,
      controllerBest: controllerMean,
      randomBest: randomMean,
    });
    const [one] = runs(1);
    const { means, best } = analyseSeeds([
      { ...one!, seed: 2, comparison: comparison(0.9, 0.5) },
      { ...one!, seed: 1, comparison: comparison(0.6, 0.5) },
    ]);
    expect(means!.difference.value).to.be.closeTo(0.25, 1e-12);
    expect(means!.relative.value).to.be.closeTo(50, 1e-12);
    expect(means!.relative.bySeed[0]).to.be.closeTo(20, 1e-12);
    // Of two seeds there is no interval; of three it is Student's, 4.303 standard errors to either side.
    expect([means!.difference.interval, means!.relative.interval]).to.deep.equal([undefined, undefined]);
    const three = analyseSeeds(
      [0.6, 0.7, 0.9].map((value, i) => ({ ...one!, seed: i + 1, comparison: comparison(value, 0.5) })),
    ).means!;
    expect(three.difference.interval![1] - three.difference.value).to.be.closeTo(
      4.302652729749464 * Math.sqrt(0.07 / 3 / 3),
      1e-9,
    );
    expect(three.relative.interval![1] - three.relative.value).to.be.closeTo(
      100 * 2 * (three.difference.interval![1] - three.difference.value),
      1e-6,
    );
    expect(best!.relative.value).to.be.closeTo(50, 1e-12);
    // Differences between seeds that both sides have do not widen the interval.
    const paired = analyseSeeds(runs(8, { noise: 1e-6 })).means!.difference.interval!;
    expect(paired[1] - paired[0]).to.be.within(1e-9, 1e-5);
  });

  it('claims no more than the interval over seeds, and nothing from a few', () => {
    expect(analyseSeeds(runs(8)).verdict).to.match(
      /^The samples of enas are better than random ones of the same supernets by 2\.\d+ points .*relative improvement of 2\.\d+ %$/,
    );
    expect(analyseSeeds(runs(8, { advantage: -0.02 })).verdict).to.match(/are worse than random .*improvement of −2/);
    expect(analyseSeeds(runs(8, { advantage: 0.02, measure: 'loss' })).verdict).to.match(
      /better than random ones .* nats per token/,
    );
    expect(analyseSeeds(runs(8, { advantage: 0, noise: 0.05 })).verdict).to.match(/^No difference/);
    expect(analyseSeeds(runs(5)).verdict).to.match(/a claim takes at least 6 seeds/);
    expect(analyseSeeds(runs(1)).means!.difference.interval).to.equal(undefined);
    // Equal differences are no certainty: nothing says how far other seeds would differ.
    const equal = analyseSeeds(runs(8, { noise: 0 }));
    expect(equal.means!.difference.interval).to.equal(undefined);
    expect(equal.verdict).to.match(/all 8 seeds give the same/);
    expect(analyseSeeds(runs(3).map(({ comparison: _, ...run }) => run)).verdict).to.match(/nothing to compare/);
  });

  it('is a page, the same bytes each time', () => {
    for (const chosen of [
      runs(8),
      runs(2, { measure: 'loss' }),
      runs(1),
      runs(3).map(({ comparison: _, test: __, ...run }) => run),
    ]) {
      const page = seedsPage(analyseSeeds(chosen), '1.2.3');
      expect(markupMistake(page)).to.equal(undefined);
      expect(page).not.to.match(/NaN|undefined|Infinity/);
      expect(seedsPage(analyseSeeds([...chosen].reverse()), '1.2.3')).to.equal(page);
    }
  });

  it('uses finished runs that differ only in the seed', async () => {
    const [a, b] = [1, 2].map((seed) => ({
      ...fixtureRun({ seed }),
      summary: { seed, space: 'macro-cnn', controller: 'enas', derived: { architecture: 'x' } },
    }));
    const named = (...inputs: object[]) =>
      inputs.map((input, i) => ({ path: `runs/${i}`, input: input as NonNullable<typeof a> }));
    expect(await buildReport(a!)).to.include('relative improvement');
    const found = seedRunsOf(named(a!, { ...b!, config: a!.config }));
    expect(found.map(({ comparison }) => comparison!.count)).to.deep.equal([50, 50]);
    expect(analyseSeeds(found).means!.difference.value).to.be.closeTo(0.019, 0.01);
    expect(said(() => seedRunsOf(named(a!, { ...a!, config: { ...a!.config, extra: 1 } })))).to.match(
      /runs\/1 differs from runs\/0 in extra \(1 and not set\)/,
    );
    expect(said(() => seedRunsOf(named(a!, { ...a!, summary: undefined })))).to.match(
      /runs\/1 is not finished .*weft resume/,
    );
    expect(said(() => analyseSeeds([...runs(2), ...runs(1)]))).to.match(/two runs have the seed 1/);
    expect(said(() => analyseSeeds([...runs(1), { ...runs(2)[1]!, controller: 'random' }]))).to.match(
      /controller 'random' cannot be averaged with 'enas'/,
    );
    expect(said(() => analyseSeeds([]))).to.match(/no run/);
  });
});
