/** Simple models beside a network, from closed forms and by hand; and what a run says of itself with them. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assess } from '../../src/search/assess.js';
import {
  logisticRegression,
  nearestNeighbours,
  randomForest,
  type Rows,
} from '../../src/search/simple-models/index.js';
import { fitLogistic } from '../../src/search/simple-models/logistic.js';
import { stream } from '../../src/tensor/rng.js';
import { tinyRun } from '../runs/tiny-run.js';
import { temporaryFolder } from '../runs/temporary.js';

const rowsOf = (rows: readonly (readonly number[])[], labels: readonly number[]): Rows => ({
  values: Float32Array.from(rows.flat()),
  labels: Int32Array.from(labels),
  count: labels.length,
  size: rows[0]!.length,
});

describe('simple models', () => {
  it('logistic regression: the weight of two opposite points solves w (1 + exp 2w) = 2', () => {
    const [w00, w01, b0, b1] = fitLogistic(rowsOf([[1], [-1]], [1, 0]), 2);
    expect(w01! * (1 + Math.exp(2 * w01!))).to.be.closeTo(2, 2e-3);
    expect(w00).to.be.closeTo(-w01!, 1e-9);
    expect([b0, b1].map((b) => Math.abs(b!) < 1e-6)).to.deep.equal([true, true]);
  });

  it('logistic regression learns a bias: frequencies, if inputs are uninformative', () => {
    const [, , b0, b1] = fitLogistic(rowsOf([[0], [0], [0], [0]], [0, 0, 0, 1]), 2);
    expect(b0! - b1!).to.be.closeTo(Math.log(3), 2e-3);
  });

  it('logistic regression converges along a direction of little curvature: w (1 + exp 0.2w) = N / 10', () => {
    const rows = Array.from({ length: 400 }, (_, i) => [i % 4 < 2 ? 1 : -1, i % 2 ? 0.1 : -0.1]);
    const [, , , w] = fitLogistic(
      rowsOf(
        rows,
        rows.map((_, i) => i % 2),
      ),
      2,
    );
    expect(w! * (1 + Math.exp(0.2 * w!))).to.be.closeTo(40, 1);
  });

  it('nearest neighbours: the most frequent of five, with ties broken by the nearest', () => {
    const train = rowsOf([[0], [1], [2], [3], [4], [100]], [0, 1, 1, 0, 2, 2]);
    const test = rowsOf([[-1], [2.2], [200]], [0, 0, 0]);
    expect([...nearestNeighbours(train, test, 3, 1)]).to.deep.equal([0, 1, 2]);
  });

  it('a forest finds what no line does, the same with the same seed', () => {
    const rng = stream(1, 'xor');
    const rows = Array.from({ length: 300 }, () => [rng.uniform() - 0.5, rng.uniform() - 0.5]);
    const labels = rows.map(([x, y]) => (x! * y! > 0 ? 1 : 0));
    const [train, test] = [
      rowsOf(rows.slice(0, 200), labels.slice(0, 200)),
      rowsOf(rows.slice(200), labels.slice(200)),
    ];
    const right = (called: Int32Array): number => called.filter((c, i) => c === test.labels[i]).length;
    const called = nearestNeighbours(train, test, 2, 1);
    expect(right(called)).to.be.above(85);
    expect(right(logisticRegression(train, test, 2, 1))).to.be.below(70);
    const forest = randomForest(train, test, 2, 7);
    expect(right(forest)).to.be.above(85);
    expect([...randomForest(train, test, 2, 7)]).to.deep.equal([...forest]);
  });
});

describe('the assessment of a network', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('says that noise is no better than the most frequent class', () => {
    const rng = stream(1, 'noise');
    const noise = (count: number): Rows => ({
      values: Float32Array.from({ length: 3 * count }, () => rng.normal()),
      labels: Int32Array.from({ length: count }, () => (rng.uniform() < 0.9 ? 0 : 1)),
      count,
      size: 3,
    });
    const [train, test] = [noise(100), noise(60)];
    const logits = Float32Array.from({ length: 120 }, (_, i) => Math.log(i % 2 ? 0.1 : 0.9));
    const { majority, simpleModels, balancedAccuracy } = assess(
      { logits, labels: test.labels },
      { train, test, counts: [90, 10], classNames: ['ok', 'fraud'] },
      { seed: 1 },
    );
    expect(majority).to.include({ name: "always 'ok'", difference: 0 });
    expect(majority.interval[0]).to.be.below(0).and.to.equal(-majority.interval[1]);
    expect(balancedAccuracy).to.equal(0.5);
    expect(simpleModels.map(({ name }) => name)).to.have.members([
      'logistic regression',
      'nearest neighbours',
      'random forest',
    ]);
  });

  it('appears in the summary and in the report of a run', async () => {
    const run = await tinyRun(folder());
    const { assessment, test } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as {
      assessment: ReturnType<typeof assess>;
      test: { accuracy: number; count: number };
    };
    const hits = assessment.confusion!.reduce((sum, row, i) => sum + row[i]!, 0);
    expect(hits / test.count).to.be.closeTo(test.accuracy, 1e-6);
    for (const { accuracy, difference } of [assessment.majority, ...assessment.simpleModels])
      expect(accuracy + difference).to.be.closeTo(test.accuracy, 1e-6);
    expect(readFileSync(join(run, 'report.html'), 'utf8'))
      .to.include('What the result is worth')
      .and.include('logistic regression');
  });
});
