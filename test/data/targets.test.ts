/** Numbers to predict: when a label is one, how parts are drawn and targets scaled. */
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { openDataset, type OpenOptions } from '../../src/data/open.js';
import { prepareData } from '../../src/data/prepare.js';
import { mergeSplits, pickSplit } from '../../src/data/split.js';
import { strataOf, stratumOf, unscaleTargets } from '../../src/data/targets.js';
import { type Dataset } from '../../src/data/dataset.js';
import { collectDataset } from '../../src/data/memory.js';
import { expectError, folderWith, removeFolders } from './files.js';

const table = (labels: readonly (string | number)[], separator = ','): string =>
  ['a', 'b', 'price'].join(separator) +
  '\n' +
  labels.map((label, i) => [i % 7, (i * 5) % 11, label].join(separator)).join('\n');

describe('regression targets', () => {
  after(removeFolders);
  const open = (content: string, options: OpenOptions = { task: 'auto' }): Dataset =>
    openDataset(join(folderWith({ 't.csv': content }), 't.csv'), options);
  const rows = (count: number, label: (i: number) => string | number): (string | number)[] =>
    Array.from({ length: count }, (_, i) => label(i));

  it('labels with fractions, signs, gaps or rare values are numbers; few, or counted from 0 or 1, classes', () => {
    const kind = (labels: (string | number)[]): string | undefined => open(table(labels)).targets?.reason;
    expect(kind(rows(60, (i) => i / 8))).to.match(/60 different numbers in 60 rows/);
    expect(kind(rows(60, (i) => (i % 12) / 4))).to.match(/12 different numbers, with fractions/);
    expect(kind(rows(60, (i) => (i % 12) - 5))).to.match(/some below zero/);
    expect(kind(rows(60, (i) => 2 * (i % 12)))).to.match(/do not count up from 0 or 1 without gaps/);
    expect(kind(rows(300, (i) => Math.floor(12 * (i / 300) ** 6)))).to.match(/much rarer than others/);
    for (const classes of [
      rows(60, (i) => i % 12),
      rows(60, (i) => 1 + (i % 12)),
      rows(60, (i) => (i % 3) / 2),
      rows(60, (i) => 'ab'[i % 2]!),
    ])
      expect(kind(classes)).to.equal(undefined);
  });

  it('the user’s choice takes precedence, and other kinds of data never become regression', () => {
    const labels = table(rows(60, (i) => 2 * (i % 12)));
    expect(open(labels, { task: 'classification' }).classes).to.equal(12);
    expect(open(table(rows(60, (i) => i % 3)), { task: 'regression' }).targets!.names).to.deep.equal(['price']);
    expectError(
      'data',
      () => open(table(rows(60, (i) => i / 8)), {}),
      /are values, not classes[^]*data\.task: regression|are not classes/,
    );
    expectError(
      'data',
      () => open(table([...rows(20, (i) => i / 8), 'n/a']), { task: 'regression' }),
      /t\.csv: line 22: 'n\/a' in the label column 'price' is not a number/,
    );
  });

  it('numbers are read completely, also with decimal commas, and mixed ones refused', () => {
    expect([
      ...open(table(rows(12, (i) => 1e9 + i / 8)), { task: 'regression' }).train.targets!.slice(0, 3),
    ]).to.deep.equal([1e9, 1e9 + 0.125, 1e9 + 0.25]);
    const commas = table(
      rows(12, (i) => String(i + 0.5).replace('.', ',')),
      ';',
    );
    expect(open(commas, { task: 'auto' }).train.targets![3]).to.equal(3.5);
    expectError(
      'data',
      () => open(table(['1,5', '2,5', '3.5', '4.5'], ';'), { task: 'regression' }),
      /line 2 has a decimal comma, and line 4 a decimal point/,
    );
  });

  it('every part has its share of small and large numbers, and the scaling is that of the training part', () => {
    const path = join(folderWith({ 'p.csv': table(rows(400, (i) => (i * 37) % 400)) }), 'p.csv');
    const { splits, scaling, record } = prepareData({ source: path, options: { task: 'regression' } }, 3);
    for (const { targets } of Object.values(splits)) {
      const real = [...unscaleTargets(targets!, scaling!)].map(Math.round);
      expect(Math.min(...real)).to.be.below(60);
      expect(Math.max(...real)).to.be.above(340);
    }
    const train = [...splits.train.targets!];
    expect(train.reduce((a, b) => a + b) / train.length).to.be.closeTo(0, 1e-9);
    expect(train.reduce((a, b) => a + b * b, 0) / train.length).to.be.closeTo(1, 1e-9);
    expect(record.classes).to.equal(1);
    expect(record.targets).to.deep.equal(scaling);
    const joined = mergeSplits('train', [splits.train, splits.validation]);
    expect(
      [...joined.indices].map(
        (index, i) => Math.round(joined.targets![i]! * scaling!.std[0]! + scaling!.mean[0]!) === (index * 37) % 400,
      ),
    ).not.to.include(false);
    expect(pickSplit(joined, Uint32Array.of(5, 2)).targets).to.deep.equal(
      Float64Array.of(joined.targets![5]!, joined.targets![2]!),
    );
  });

  it('a constant target is refused', () => {
    const path = join(folderWith({ 'c.csv': table(rows(40, () => 5)) }), 'c.csv');
    expectError(
      'data',
      () => prepareData({ source: path, options: { task: 'regression' } }, 1),
      /the target 'price' is 5 in every training example/,
    );
  });

  it('numbers whose squares overflow are refused, in every part', () => {
    const prepared = (labels: (string | number)[]) => (): unknown =>
      prepareData(
        { source: join(folderWith({ 'e.csv': table(labels) }), 'e.csv'), options: { task: 'regression' } },
        1,
      );
    for (const labels of [
      rows(40, (i) => `${i}e200`),
      ...rows(8, (i) => 5 * i).map((at) => rows(40, (i) => (i === at ? 1e300 : i))),
    ])
      // prettier-ignore
      expectError('data', prepared(labels), /the target 'price' is .*e\+?\d+, whose square is too large.*unit/s);
    expectError('data', prepared(rows(40, (i) => `${i}e-200`)), /the target 'price' differ by too little/);
    prepared(rows(40, (i) => `${i}e30`))();
  });

  it('two targets with the same name are refused', () => {
    const text = table(rows(40, (i) => i / 8)).replace('b,price', 'price,price');
    expectError('data', () => open(text, { label: [1, 2] }), /two of the values to predict are named 'price'/);
  });

  it('strata are never empty, whatever the numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 200 }), (targets) => {
        const bounds = strataOf(targets, 1);
        const used = new Set(stratumOf(targets, 1, bounds));
        expect(used.size).to.equal(bounds.length + 1);
      }),
      { numRuns: 50 },
    );
  });

  it('a program can pass them in memory', async () => {
    const data = { train: rows(30, (i) => i).map((i) => ({ input: [Number(i), 1], label: Number(i) / 3 })) };
    const dataset = await collectDataset({ ...data, target: 'third' });
    expect(dataset.targets!.names).to.deep.equal(['third']);
    expect(dataset.train.targets![4]).to.equal(4 / 3);
    const other = await collectDataset({
      train: data.train.map((one) => ({ ...one, label: one.label + 1 })),
      target: 'third',
    });
    expect(other.sources[0]!.sha256).not.to.equal(dataset.sources[0]!.sha256);
    await collectDataset({ train: [{ input: [1], label: 'a' }], target: 'third' }).then(
      () => expect.fail('a name was taken for a number'),
      (error: Error) => expect(error.message).to.match(/the label of example 0 is "a"/),
    );
  });
});
