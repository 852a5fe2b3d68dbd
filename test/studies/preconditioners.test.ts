/** The comparison of preconditioners, small: what it measures of each method, and how it trains each as it is told. */
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dotChart } from '../../src/report/charts/dots.js';
import { preconditionersStudy } from '../../studies/preconditioners/index.js';
import { runStudy } from '../../src/studies/run-study.js';
import { tf } from '../../src/tensor/tf.js';
import { folderWith, mnistOf, removeFolders } from '../data/files.js';
import { markupMistake } from '../report/well-formed.js';
import { temporaryFolder } from '../runs/temporary.js';
import { loads, NATIVE } from '../tensor/backends.js';

describe('the comparison of preconditioners', function () {
  const temporary = temporaryFolder(this);
  before(async () => {
    if (!(await loads(NATIVE))) await loads('cpu');
  });
  after(removeFolders);

  it('times every method at every interval, trains each as it is told, and leaves no tensor behind', async () => {
    const data = folderWith(mnistOf({ size: 28, classes: 10, train: 48, test: 10 }));
    const folder = temporary();
    const before = tf.memory().numTensors;
    const { rows } = await runStudy(preconditionersStudy, {
      folder,
      parts: {
        space: () => Promise.reject(new Error('none is asked for')),
        controller: () => Promise.reject(new Error('none is asked for')),
      },
      options: {
        data,
        models: ['mlp-16'],
        batches: [8],
        intervals: [1, 2],
        methods: ['kfac', 'muon'],
        blocks: 1,
        accuracyModels: ['mlp-16'],
        every: 4,
        trainings: {
          sgd: { rate: 0.1, batch: 8, epochs: 2 },
          kfac: { rate: 0.01, batch: 8, epochs: 1, damping: 0.1 },
          shampoo: { rate: 0.01, batch: 4, epochs: 1 },
        },
      },
    });
    expect(tf.memory().numTensors).to.equal(before);
    const ids = rows.map(({ id }) => id);
    // Muon has no interval; the steps of Shampoo are of another size than those of SGD.
    expect(ids.filter((id) => id.startsWith('throughput/'))).to.deep.equal(
      ['kfac/1', 'kfac/2', 'muon/1'].map((one) => `throughput/mlp-16/8/${one}`),
    );
    expect(ids.filter((id) => !/^(throughput|memory)/.test(id))).to.deep.equal([
      'accuracy/mlp-16/sgd',
      'accuracy/mlp-16/kfac',
      'first/mlp-16/kfac',
      'steps/mlp-16/kfac',
      'accuracy/mlp-16/shampoo',
    ]);
    // 44 images are learned from: five steps of eight an epoch, and eleven of four.
    const steps = readFileSync(join(folder, 'accuracy.csv'), 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(',').slice(1, 3).join(' '));
    expect(steps).to.deep.equal([
      'sgd 4',
      'sgd 8',
      'sgd 10',
      'kfac 4',
      'kfac 5',
      'shampoo 4',
      'shampoo 8',
      'shampoo 11',
    ]);
    expect(readFileSync(join(folder, 'report.html'), 'utf8').match(/<circle/g)).to.have.length(3);
    expect(readdirSync(folder)).to.not.include('cells');
  });

  it('draws a dot for each network in each row', () => {
    const points = [
      { row: 'kfac, 1', value: 0.4 },
      { row: 'muon', value: 1.2 },
    ];
    const svg = dotChart(
      [
        { name: 'wide', color: 'controller', points },
        { name: 'narrow', color: 'found', points: points.slice(1) },
      ],
      { ariaLabel: 'two networks', label: 'throughput', marks: [1] },
    )!;
    expect(markupMistake(svg)).to.equal(undefined);
    expect(svg).to.not.match(/NaN|undefined| id=/);
    expect(svg.match(/<circle/g)).to.have.length(3);
    for (const text of ['wide', 'narrow', 'kfac, 1', 'muon', 'throughput']) expect(svg).to.include(text);
    expect(dotChart([], { ariaLabel: 'nothing', label: 'x' })).to.equal(undefined);
  });
});
