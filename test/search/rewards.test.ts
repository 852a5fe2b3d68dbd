/**
 * What rewards the controller of a classifier: measures that a frequent class does not flatter, in a whole search too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { runSearch, type SearchConfigInput, type SearchEvent } from '../../src/index.js';
import { checkConfig } from '../../src/config/index.js';
import { splitDataset } from '../../src/data/split.js';
import { defineDataset } from '../../src/data/dataset.js';
import { summarizeData } from '../../src/data/data-summary.js';
import { byQuality, objectiveOf } from '../../src/search/objective.js';
import { classificationMeasures } from '../../src/statistics/index.js';
import { stream } from '../../src/tensor/rng.js';
import { temporaryFolder } from '../runs/temporary.js';

const classifier = { task: { inputShape: [1, 1, 2], classes: 2 }, card: { classNames: ['ok', 'fraud'] } };
const objective = (reward?: 'accuracy' | 'balanced-accuracy' | 'f1' | 'auc' | 'log-loss') =>
  objectiveOf(classifier, checkConfig({ search: { reward } }).search);

describe('rewards of classifiers', () => {
  const probabilities = Float32Array.of(0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4);
  const labels = [0, 0, 0, 1];

  it('always predicting the frequent class has a balanced accuracy of one half, though right three times of four', () => {
    const { measure, scoring, reward } = objective('balanced-accuracy');
    expect(measure).to.equal('score');
    const score = scoring!(probabilities, labels, 2);
    expect(score).to.equal(0.5);
    expect(reward({ accuracy: 0.75, loss: 1, score })).to.equal(0.5);
  });

  it('F1 and the area under the curve are those of the assessment; one class alone has an area of one half', () => {
    const measures = classificationMeasures(probabilities, labels, 2);
    expect(objective('f1').scoring!(probabilities, labels, 2)).to.equal(measures.macroF1);
    expect(objective('auc').scoring!(probabilities, labels, 2)).to.equal(1);
    expect(objective('auc').scoring!(probabilities, [0, 0, 0, 0], 2)).to.equal(0.5);
  });

  it('log-loss rewards the geometric mean of the probabilities of the right classes', () => {
    const { measure, reward } = objective('log-loss');
    expect(measure).to.equal('loss');
    expect(reward({ accuracy: 0.1, loss: Math.log(2) })).to.be.closeTo(0.5, 1e-12);
    expect(reward({ accuracy: 0.1, loss: NaN })).to.equal(0);
  });

  it('candidates are ordered by it, with ties broken by the loss', () => {
    const one = (architecture: string, score: number, loss: number) => ({ architecture, accuracy: 0.9, loss, score });
    const order = [one('a', 0.5, 0.1), one('b', 0.7, 0.9), one('c', 0.7, 0.3)].sort(byQuality('score'));
    expect(order.map(({ architecture }) => architecture)).to.deep.equal(['c', 'b', 'a']);
  });

  it('a text has none of them', () => {
    const text = { task: { kind: 'language', inputShape: [5], classes: 9 }, card: { classNames: [] } } as const;
    expect(() => objectiveOf(text, checkConfig({ search: { reward: 'f1' } }).search)).to.throw(
      /search\.reward: f1 .* the data is a text/,
    );
  });
});

describe('rare classes', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('each evaluation part has one of a class with three rows, and the summary names what a part lacks', () => {
    const data = (rare: number) => {
      const labels = Int32Array.from({ length: 100 }, (_, i) => (i < rare ? 1 : 0));
      return defineDataset({
        name: 'rare',
        inputShape: [1, 1, 1],
        classes: 2,
        classNames: ['ok', 'fraud'],
        train: { images: Float32Array.from(labels), labels },
      });
    };
    const three = splitDataset(data(3), { seed: 1 });
    for (const part of ['train', 'validation', 'test'] as const)
      expect(
        three[part].labels.filter((label) => label === 1),
        part,
      ).to.have.length(1);
    expect(summarizeData(data(3), three).join('\n')).not.to.match(/has no example of/);
    const two = splitDataset(data(2), { seed: 1 });
    expect(summarizeData(data(2), two).join('\n')).to.match(/the (validation|test) part has no example of 'fraud'/);
    expect([...two.train.labels]).to.include(1);
  });

  it('a search that considers them: weights in the loss, balanced accuracy as reward, stated in events, summary and report', async () => {
    const rng = stream('rare');
    const rows = Array.from({ length: 160 }, (_, i) => {
      const fraud = i % 16 === 0;
      return `${(rng.normal() + (fraud ? 1.2 : 0)).toFixed(3)},${rng.normal().toFixed(3)},${fraud ? 'fraud' : 'ok'}`;
    });
    const path = join(folder(), 'rare.csv');
    writeFileSync(path, `x,y,label\n${rows.join('\n')}\n`);
    const config: SearchConfigInput = {
      backend: 'cpu',
      space: { depth: 1, widths: [4, 6] },
      data: { source: path, classWeights: 'balanced' },
      search: {
        epochs: 2,
        rounds: 2,
        samplesPerRound: 2,
        probe: 2,
        batchSize: 16,
        rewardBatchSize: 24,
        reward: 'balanced-accuracy',
      },
      derive: { candidates: 4, random: 4, batchSize: 16 },
      retrain: { epochs: 12, batchSize: 16, keep: 'best', optimizer: { name: 'adam', learningRate: 0.02 } },
    };
    const accounts: string[] = [];
    const events: SearchEvent[] = [];
    const { run } = await runSearch({
      space: mlp,
      controller: random,
      config,
      runs: folder(),
      onStart: (_run, _backend, account) => void accounts.push(...account),
      onEvent: (event) => void events.push(event),
    });
    expect(accounts.join('\n')).to.match(/weights of classes in the loss: fraud [78][.\d]*, ok 0\.5\d+/);
    const derived = events.find((event) => event.type === 'derived')!;
    const candidates = events.filter((event) => event.type === 'candidate');
    expect(Math.max(...candidates.filter(({ source }) => source === 'controller').map(({ score }) => score!))).to.equal(
      derived.score,
    );
    expect(events.find((event) => event.type === 'comparison')).to.include({ measure: 'score' });
    expect(events.find((event) => event.type === 'retrain-epoch')!.validation).to.have.property('score');
    const { assessment } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as {
      assessment: { classes: { recall?: number }[] };
    };
    expect(assessment.classes[0]!.recall, 'fraud is found').to.be.above(0);
    expect(readFileSync(join(run, 'report.html'), 'utf8')).to.include('balanced accuracy with shared weights');
  });
});
