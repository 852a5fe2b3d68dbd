/** Rows with several labels, from the table to the report and the exports. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { fisherInformation } from '../../src/curvature/index.js';
import { openDataset, prepareData } from '../../src/data/index.js';
import { exportModel } from '../../src/export/index.js';
import {
  evaluateRun,
  loadLabeller,
  loadModel,
  resumeSearch,
  runSearch,
  type SearchConfigInput,
} from '../../src/index.js';
import { checkConfig } from '../../src/config/index.js';
import { guessingLoss, objectiveOf } from '../../src/search/objective.js';
import { loadModel as loadNetwork } from '../../src/search/model.js';
import { collectDataset } from '../../src/data/index.js';
import { requireFitForTargets } from '../../src/search/regression.js';
import { multiLabelMeasures } from '../../src/statistics/index.js';
import { flagCrossEntropies } from '../../src/tensor/multi-label-loss.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { runOnnx } from '../export/onnx-runtime.js';
import { loadExported } from '../export/trained.js';
import { temporaryFolder } from '../runs/temporary.js';
import { runFor } from '../runs/tiny-run.js';

describe('multi-label classification', () => {
  it('has the cross-entropy of sigmoids, also for large logits', () => {
    const logits = tf.tensor2d([0, 2, -1, 200, -200, 200], [2, 3]);
    const flags = tf.tensor2d([1, 0, 0, 1, 0, 0], [2, 3], 'bool');
    const [first, second] = flagCrossEntropies(logits, flags).dataSync();
    const [p, q] = [1 / (1 + Math.exp(-2)), 1 / (1 + Math.exp(1))];
    expect(first).to.be.closeTo(-(Math.log(0.5) + Math.log(1 - p) + Math.log(1 - q)) / 3, 1e-6);
    expect(second).to.be.closeTo(200 / 3, 1e-4);
    expect(guessingLoss({ kind: 'multi-label', inputShape: [1], classes: 9 })).to.equal(Math.LN2);
  });

  it('has the Fisher information of Bernoulli variables', () => {
    // One logit per label and no input: F is p(1 - p) over the labels of an example.
    const bias = tf.tensor1d([0.5, -1, 2]);
    const flags = tf.zeros([4000, 3], 'bool');
    const { fisher } = fisherInformation((w) => tf.add(tf.zeros([4000, 3]), w['bias']!), { bias }, flags, {
      kind: 'true-sample',
      rng: stream('bernoulli'),
    });
    const found = fisher['bias']!.dataSync();
    bias.dataSync().forEach((z, k) => {
      const p = 1 / (1 + Math.exp(-z));
      // Four standard errors of the mean square of a residual.
      const spread = Math.sqrt((p * (1 - p) ** 4 + (1 - p) * p ** 4 - (p * (1 - p)) ** 2) / 4000);
      expect(found[k]).to.be.closeTo((p * (1 - p)) / 3, (4 * spread) / 3);
    });
  });

  it('has measures that agree with hand calculations', () => {
    const probabilities = [0.9, 0.1, 0.6, 0.4, 0.2, 0.7, 0.8, 0.5];
    const flags = [1, 0, 0, 0, 0, 1, 1, 0];
    const { labels, macroF1, microF1, exactMatch, meanAveragePrecision } = multiLabelMeasures(probabilities, flags, 2);
    // The first label is said of three rows and holds for two of them; the second is said of two and holds for one.
    expect(labels[0]).to.deep.include({ count: 2, accuracy: 0.75, recall: 1, auc: 1, averagePrecision: 1 });
    expect(labels[0]!.precision).to.be.closeTo(2 / 3, 1e-12);
    expect(labels[1]).to.deep.include({ count: 1, precision: 0.5, recall: 1, averagePrecision: 1 });
    expect(macroF1).to.be.closeTo((4 / 5 + 2 / 3) / 2, 1e-12);
    expect(microF1).to.be.closeTo(6 / 8, 1e-12);
    expect([exactMatch, meanAveragePrecision]).to.deep.equal([0.5, 1]);
    // Ranked second and third of three: (1/2 + 2/3) / 2.
    expect(multiLabelMeasures([0.9, 0.8, 0.7], [0, 1, 1], 1).meanAveragePrecision).to.be.closeTo(7 / 12, 1e-12);
    // Ties are one step.
    expect(multiLabelMeasures([0.5, 0.5], [0, 1], 1).meanAveragePrecision).to.equal(0.5);
    expect(multiLabelMeasures([0.1, 0.2], [0, 0], 1)).to.deep.include({ microF1: 1, exactMatch: 1, macroF1: 1 });
  });
});

describe('a table with several labels per row', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const written = (text: string): string => {
    const path = join(folder(), 'labels.csv');
    writeFileSync(path, text);
    return path;
  };
  const rows = (line: (i: number) => string, count = 12): string =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');

  it('is read from columns of yes and no, and from one field with a separator, alike', () => {
    const columns = openDataset(
      written(`x,red,blue\n${rows((i) => `${i},${i % 2},${i % 3 === 0 ? 'yes' : 'no'}`)}\n`),
      {
        label: ['blue', 'red'],
        task: 'auto',
      },
    );
    const field = openDataset(
      written(
        `x,colours\n${rows((i) => `${i},${[...(i % 2 ? ['red'] : []), ...(i % 3 === 0 ? ['blue'] : [])].join(' | ')}`)}\n`,
      ),
      { labelSeparator: '|', task: 'auto' },
    );
    for (const { targets, columns: names, train } of [columns, field]) {
      expect(targets).to.deep.include({ names: ['blue', 'red'], areFlags: true });
      expect(names).to.deep.equal(['x']);
      expect([...train.targets!.slice(0, 8)]).to.deep.equal([1, 0, 0, 1, 0, 0, 1, 1]);
    }
    const numbers = openDataset(written(`x,a,b\n${rows((i) => `${i},${i % 2},${i % 2}`)}\n`), {
      label: ['a', 'b'],
      task: 'regression',
    });
    expect(numbers.targets!.areFlags).to.equal(undefined);
  });

  it('names the label, the column and the line of what cannot be learned', () => {
    const opened = (text: string, options: Parameters<typeof openDataset>[1]) => () =>
      openDataset(written(text), options);
    const prepared = (text: string, options: Parameters<typeof openDataset>[1]) => () =>
      prepareData({ source: written(text), options: { task: 'auto', ...options } }, 1);
    const label = ['a', 'b'];
    expect(prepared(`x,a,b\n${rows((i) => `${i},${i % 2},0`)}\n`, { label })).to.throw(
      /'b' holds for no training example/,
    );
    expect(prepared(`x,a,b\n${rows((i) => `${i},1,${i % 2}`)}\n`, { label })).to.throw(/'a' holds for every training/);
    expect(opened(`x,a,b\n1,0,1\n2,1,maybe\n`, { label, task: 'classification' })).to.throw(
      /line 3: 'maybe'.*'b' means neither/,
    );
    expect(opened(`x,a,b\n1,0,1\n2,,1\n`, { label })).to.throw(/line 3 has no label in 'a'/);
    expect(opened(`x,l\n1,red\n2,red\n`, { labelSeparator: ';' })).to.throw(/no label but 'red'/);
    expect(opened(`x,l\n1,\n2,\n`, { labelSeparator: ';' })).to.throw(/has no label/);
    expect(opened(`x,l\n1,red\n2,Red;blue\n`, { labelSeparator: ';' })).to.throw(/red/i);
    expect(opened(`x,a,b\n1,0,1\n2,1,0\n`, { label, labelSeparator: ';' })).to.throw(/data\.labelSeparator says/);
    expect(opened(`x,l\n1,a;b\n2,b;c\n`, { labelSeparator: ';', classNames: ['a', 'b'] })).to.throw(
      /line 3: label 'c' is not one/,
    );
  });

  it('refuses by field name what applies only to one class per row', () => {
    const of = (input: SearchConfigInput) => () => requireFitForTargets(checkConfig(input), 'multi-label');
    expect(of({ data: { sampling: 'balanced' } })).to.throw(/data\.sampling.*several labels/);
    expect(of({ search: { reward: 'balanced-accuracy' } })).to.throw(/search\.reward.*several labels/);
    for (const reward of ['log-loss', 'f1', 'auc'] as const) expect(of({ search: { reward } })).not.to.throw();
    const data = { task: { kind: 'multi-label', inputShape: [2], classes: 2 }, card: { classNames: [] } } as never;
    const scored = (reward: 'f1' | 'auc') => objectiveOf(data, checkConfig({ search: { reward } }).search).scoring!;
    const said = [Float32Array.of(0.9, 0.1, 0.6, 0.4, 0.2, 0.7, 0.8, 0.5), [1, 0, 0, 0, 0, 1, 1, 0], 2] as const;
    expect(scored('f1')(...said)).to.be.closeTo((4 / 5 + 2 / 3) / 2, 1e-6);
    expect(scored('auc')(...said)).to.equal(1);
    expect(scored('auc')(Float32Array.of(0.5, 0.5), [0, 1], 2)).to.equal(0.5);
    const { reward, measure } = objectiveOf(data, checkConfig({}).search);
    expect([measure, reward({ loss: 0, accuracy: null }), reward({ loss: NaN, accuracy: null })]).to.deep.equal([
      'loss',
      1,
      0,
    ]);
  });

  it('is learned; summary, evaluation, prediction, report and exports agree, and a stopped run resumes to the byte', async () => {
    const rng = stream('signs');
    const path = written(
      `x,y,right,up,far\n${rows(() => {
        const [x, y] = [rng.normal(), rng.normal()];
        return [x, y, x > 0 ? 1 : 0, y > 0 ? 1 : 0, x * x + y * y > 2 ? 1 : 0].join();
      }, 120)}\n`,
    );
    const search = (units = Infinity): Promise<string> =>
      runFor(units, folder(), {
        compile: 'off',
        data: { source: path, label: ['right', 'up', 'far'] },
        space: { depth: 1, widths: [16] },
        search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 24, rewardBatchSize: 8 },
        derive: { candidates: 1, random: 0, batchSize: 8 },
        retrain: { epochs: 15, batchSize: 24, optimizer: { name: 'adam', learningRate: 0.05 } },
      });
    const run = await search();
    const summary = (of: string) =>
      JSON.parse(readFileSync(join(of, 'summary.json'), 'utf8')) as {
        resultHash: string;
        test: { loss: number; accuracy?: number; labels: { macroF1: number } };
      };
    const { test, resultHash } = summary(run);
    expect(test).not.to.have.property('accuracy');
    expect(test.labels.macroF1).to.be.above(0.75);
    const evaluated = await evaluateRun(run);
    expect(evaluated.loss).to.be.closeTo(test.loss, 1e-6);
    expect(evaluated.labels!.macroF1).to.be.closeTo(test.labels.macroF1, 1e-9);
    expect((await evaluateRun(run, { data: path })).own).to.equal(true);

    const model = await loadLabeller(run);
    const asked = [
      [2, 2],
      [-0.3, 0.4],
      [1.5, -1.5],
    ];
    const predicted = model.predict(asked);
    model.dispose();
    expect(predicted[0]!.labels).to.deep.equal(['right', 'up', 'far']);
    expect(predicted[1]!.labels).not.to.include('far');
    await loadModel(run).then(
      () => expect.fail('several labels were loaded as one class'),
      (error: Error) => expect(error.message).to.match(/gives each example several labels/),
    );
    const report = readFileSync(join(run, 'report.html'), 'utf8');
    expect(report).to.include('macro F1').and.include('average precision').and.not.to.include('NaN');

    const network = await loadNetwork(run, () => Promise.resolve(mlp));
    const files = await exportModel(network);
    network.store.dispose();
    const { exported, metadata } = await loadExported(files);
    const answered = exported.execute(tf.tensor4d(asked.flat(), [3, 1, 1, 2]), 'probabilities') as tf.Tensor2D;
    answered
      .arraySync()
      .forEach((row, i) => row.forEach((p, k) => expect(p).to.be.closeTo(predicted[i]!.probabilities[k]!, 1e-5)));
    exported.dispose();
    const byOnnx = await runOnnx(files['model.onnx'] as Uint8Array, asked.flat(), [3, 1, 1, 2]);
    predicted.forEach(({ probabilities }, i) =>
      probabilities.forEach((p, k) => expect(byOnnx['probabilities']!.data[3 * i + k]).to.be.closeTo(p, 1e-5)),
    );
    expect(metadata).to.have.property('multiLabel', true);
    expect(String(files['MODEL.md'])).to.include('which of 3 labels hold');
    expect(String(files['index.html'])).to.include('none of the labels');

    const stopped = await search(12);
    await resumeSearch(stopped);
    expect(summary(stopped).resultHash).to.equal(resultHash);
  });

  it('is rewarded by its F1 with weights of its labels, from lists in memory', async () => {
    const rng = stream('rare labels');
    const inputs = Array.from({ length: 120 }, () => [rng.normal(), rng.normal()]);
    const labels = inputs.map(([x, y]) => [...(x! > 0 ? ['right'] : []), ...(y! > 1.2 ? ['high'] : [])]);
    const accounts: string[] = [];
    const { run } = await runSearch({
      space: mlp,
      controller: random,
      data: await collectDataset({ name: 'places', train: { inputs, labels } }),
      config: {
        backend: 'cpu',
        compile: 'off',
        data: { classWeights: 'balanced' },
        space: { depth: 1, widths: [8] },
        search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 24, rewardBatchSize: 8, reward: 'f1' },
        derive: { candidates: 2, random: 2, batchSize: 8 },
        retrain: { epochs: 15, batchSize: 24, keep: 'best', optimizer: { name: 'adam', learningRate: 0.05 } },
      },
      runs: folder(),
      onStart: (_run, _backend, account) => void accounts.push(...account),
    });
    expect(accounts.join('\n')).to.match(
      /weights in the loss of labels that hold \(1 for those that do not\): high \d/,
    );
    const events = readFileSync(join(run, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; score?: number; measure?: string });
    for (const { score } of events.filter(({ type }) => type === 'candidate')) expect(score).to.be.within(0, 1);
    expect(events.find(({ type }) => type === 'comparison')!.measure).to.equal('score');
    const report = readFileSync(join(run, 'report.html'), 'utf8');
    expect(report).to.include('macro F1 with shared weights').and.not.to.include('NaN');
    const { test } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as {
      test: { labels: { macroF1: number } };
    };
    expect(test.labels.macroF1).to.be.above(0.7);
  });
});
