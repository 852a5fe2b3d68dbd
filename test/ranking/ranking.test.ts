import { expect } from 'chai';
import {
  analyseRanking,
  parseRankRecord,
  rankAgreement,
  rankRecord,
  type RankRecord,
  reliability,
  sampleDistinct,
} from '../../src/ranking/index.js';
import { analyseForgetting, buildReport, forgettingJson, forgettingPage, rankTables } from '../../src/report/index.js';
import { rankChart } from '../../src/report/ranking/chart.js';
import { kendallTau } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';
import { fixtureRun } from '../report/fixture.js';
import { forgettingRun } from '../report/forgetting-fixture.js';
import { expectGolden } from '../report/golden.js';
import { markupMistake } from '../report/well-formed.js';
import { mlp } from '../../search-spaces/mlp.js';
import { type SearchSpace } from '../../src/graph/define-space.js';

/** Made-up scores whose shared part follows the true quality as closely as asked. */
function record({
  count = 40,
  noise = 0.5,
  seeds = [1, 2],
  measure = 'accuracy',
}: { count?: number; noise?: number; seeds?: number[]; measure?: RankRecord['measure'] } = {}): RankRecord {
  const rng = stream(7, 'ranking');
  return rankRecord({
    measure,
    epochs: 10,
    seeds,
    examples: { shared: 287, alone: 360 },
    architectures: Array.from({ length: count }, (_, i) => {
      const quality = rng.normal();
      const score = (value: number): { accuracy: number | null; loss: number } => ({
        accuracy: measure === 'accuracy' ? 0.9 + 0.02 * value : null,
        loss: 0.5 - 0.1 * value,
      });
      return {
        architecture: `space~1:${i}`,
        hash: String(i),
        shared: score(quality + noise * rng.normal()),
        alone: seeds.map(() => score(quality + 0.2 * rng.normal())),
      };
    }),
  });
}

describe('ranking', () => {
  it('measures how far two orders agree, with intervals that contain the value', () => {
    const rng = stream(1, 'x');
    const truth = Array.from({ length: 30 }, () => rng.normal());
    const estimate = truth.map((value) => value + 0.5 * rng.normal());
    const { tau, sparseTau, spearman, choices } = rankAgreement(truth, estimate);
    expect(tau.value).to.equal(kendallTau(truth, estimate));
    for (const { value, interval } of [tau, sparseTau, spearman]) {
      expect(interval![0]).to.be.below(value);
      expect(interval![1]).to.be.above(value);
    }
    expect(choices.map(({ share }) => share)).to.deep.equal([0.1, 0.25, 0.5]);
    const perfect = rankAgreement(truth, truth);
    for (const value of [perfect.tau.value, perfect.spearman.value, perfect.choices[0]!.precisionTop])
      expect(value).to.be.closeTo(1, 1e-12);
    // The same order is no certainty: nothing says how far others would differ.
    expect([perfect.tau.interval, perfect.spearman.interval]).to.deep.equal([undefined, undefined]);
    expect(perfect.tau.claim).to.equal('above');
    expect(perfect.choices[0]!.bestRank).to.equal(1 / 30);
  });

  it('bins true scores to a thousandth, so that smaller differences are ties', () => {
    const truth = [0.9001, 0.9002, 0.9003, 0.95];
    expect(rankAgreement(truth, [3, 2, 1, 4]).sparseTau.value).to.equal(kendallTau([0, 0, 0, 1], [3, 2, 1, 4]));
  });

  it('claims no more than the interval', () => {
    expect(analyseRanking(record()).verdict).to.match(/^Shared weights order architectures better than chance/);
    expect(analyseRanking(record({ noise: 1000 })).verdict).to.match(/^It cannot be claimed/);
    expect(analyseRanking(record({ count: 4, noise: 0 })).verdict).to.match(
      /no interval, 4 architectures\): a claim takes at least 5 architectures/,
    );
    expect(analyseRanking(record({ count: 11, noise: 0.1 })).verdict).to.match(/better than chance .*no interval/);
    const equal = record();
    expect(
      analyseRanking({
        ...equal,
        architectures: equal.architectures.map((one) => ({ ...one, shared: { accuracy: 0.5, loss: 1 } })),
      }).verdict,
    ).to.match(/^The order cannot be assessed/);
  });

  it('states how well stand-alone training agrees with itself', () => {
    expect(reliability([[1, 2, 3]])).to.equal(undefined);
    expect(
      reliability([
        [1, 2, 3],
        [1, 3, 2],
        [3, 2, 1],
      ]),
    ).to.be.closeTo((1 / 3 - 1 - 1 / 3) / 3, 1e-12);
    expect(analyseRanking(record({ seeds: [1] })).reliability).to.equal(undefined);
    expect(analyseRanking(record()).reliability).to.be.above(0.6);
  });

  it('ranks language models by their loss', () => {
    const { byMeasure, byLoss, verdict } = analyseRanking(record({ measure: 'loss' }));
    expect(byMeasure).to.deep.equal(byLoss);
    expect(verdict).to.include('better than chance');
    expect(rankTables(record({ measure: 'loss' }))[1]!.csv).to.not.include('accuracy');
  });

  it('draws distinct networks', () => {
    const space = mlp.create({}, { inputShape: [8, 8, 1], classes: 10 }) as SearchSpace;
    const sample = sampleDistinct(space, 12, stream(1, 'sample'));
    expect(new Set(sample.map(({ hash }) => hash)).size).to.equal(12);
    expect(sampleDistinct(space, 12, stream(1, 'sample')).map(({ encoding }) => encoding)).to.deep.equal(
      sample.map(({ encoding }) => encoding),
    );
    // However many are asked for, it ends where a space has no more.
    const small = mlp.create({ depth: 1, widths: [2] }, { inputShape: [2], classes: 2 }) as SearchSpace;
    expect(sampleDistinct(small, 1e15, stream(1, 'sample'))).to.have.length(
      sampleDistinct(small, 50, stream(2)).length,
    );
  });

  it('is a chapter of the report and a line of the forgetting report', async () => {
    const ranking = record({ count: 20 });
    const page = await buildReport({ ...fixtureRun(), ranking });
    expect(markupMistake(page)).to.equal(undefined);
    expect(page)
      .to.include('<section id="ranking">')
      .and.not.match(/NaN|undefined/);
    for (const other of [record({ count: 5, seeds: [1] }), record({ count: 5, measure: 'loss' })])
      expect(await buildReport({ ...fixtureRun({ layers: 3, epochs: 2 }), ranking: other })).to.not.match(
        /NaN|undefined/,
      );
    expectGolden('ranking.svg', rankChart(analyseRanking(ranking)));
    const forgetting = analyseForgetting({ ...forgettingRun({ layers: 3, epochs: 6 }), ranking })!;
    expect(await forgettingPage(forgetting)).to.include('20 random architectures trained separately');
    expect((forgettingJson(forgetting) as { ranking: { architectures: number } }).ranking.architectures).to.equal(20);
  });

  it('refuses a file of another kind', () => {
    expect(() => parseRankRecord({ format: 'weft-rank', version: 3 }, 'runs/x/rank/rank.json')).to.throw(
      /rank\.json is not a record/,
    );
    expect(parseRankRecord(JSON.parse(JSON.stringify(record())), 'x')).to.deep.equal(record());
  });
});
