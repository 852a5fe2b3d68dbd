/**
 * Small inputs as people really have them (../shared/cases, one situation a folder): each gives the right data set, or
 * one clear error that names the file and the line, column or class. Nothing is read wrongly in silence.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { exampleSize, type Dataset } from '../../src/data/dataset.js';
import { openDataset, type OpenOptions } from '../../src/data/open.js';
import { splitDataset } from '../../src/data/split.js';
import { expectError } from './files.js';

const CASES = resolve(process.cwd(), '..', 'shared', 'cases');

/** What a data set holds, in short. */
const shapeOf = ({ train, test, validation, classNames, inputShape }: Dataset): string =>
  `${train.count}${validation ? ` (${validation.length} for validation)` : ''}${test ? ` + ${test.count}` : ''} of [${inputShape.join()}]: ${classNames!.join(', ')}`;

/** An example's numbers. */
const example = ({ train, inputShape }: Dataset, index: number): number[] => [
  ...train.images.subarray(index * exampleSize(inputShape), (index + 1) * exampleSize(inputShape)),
];

type Expected = string | RegExp | ((dataset: Dataset) => void);
const ROWS = '120 of [1,1,3]: setosa, virginica';
const near = (dataset: Dataset, values: readonly number[]): void =>
  values.forEach((value, i) => expect(example(dataset, 0)[i]).to.be.equal(Math.fround(value)));
const plainRows = (dataset: Dataset): void => {
  expect(shapeOf(dataset)).to.equal(ROWS);
  near(dataset, [1.288, 1.449, 0.066]);
};

const table: [path: string, expected: Expected, options?: OpenOptions][] = [
  ['csv-plain/t.csv', plainRows],
  ['csv-bom-crlf/t.csv', plainRows],
  ['csv-comma-in-header/t.csv', plainRows],
  ['csv-decimal-comma/t.csv', plainRows],
  ['csv-case-labels/t.csv', /t\.csv: the classes 'no' \(line 2\)|t\.csv: the classes 'Yes' \(line \d+\) and 'yes' \(line \d+\) differ only in case/],
  ['csv-categorical/t.csv', (dataset) => {
    expect(dataset.encoding!.map(({ kind }) => kind)).to.deep.equal(['number', 'number', 'category']);
    near(dataset, [1.288, 1.449]);
    expect(example(dataset, 0).slice(2)).to.deep.equal(dataset.encoding![2]!.categories!.map((colour) => Number(colour === 'blue')));
  }],
  ['csv-constant/t.csv', (dataset) => near(dataset, [1.288, 1.449, 7])],
  ['csv-eval-columns/train.csv', (dataset) => near(dataset, [1.288, 1449.446, 100.066])],
  ['csv-imbalanced/t.csv', '300 of [1,1,3]: fraud, ok'],
  ['csv-kaggle/train.csv', (dataset) => near(dataset, [0, 1.288, 1.449, 0.066])],
  ['csv-kaggle', /test\.csv: no column is named 'target', which is the label in .*train\.csv/],
  ['csv-label-not-last/train.csv', plainRows, { label: 'species' }],
  ['csv-label-not-last/train.csv', /train\.csv: column 'species' contains text, so it is not clear which column is the label/],
  ['csv-latin1/t.csv', /t\.csv: line 2 is not UTF-8 text; in Latin-1 it would be '.*é'/],
  ['csv-latin1/t.csv', '120 of [1,1,3]: é, ñ', { charset: 'latin1' }],
  ['csv-missing/t.csv', ({ encoding, train }) => {
    expect(encoding!.reduce((sum, { missing = 0 }) => sum + missing, 0)).to.equal(3);
    expect(train.images.filter(Number.isNaN)).to.have.length(3);
  }],
  ['csv-newline-in-quotes/t.csv', '120 of [1,1,3]: setosa\nvar. 1, virginica\nvar. 1'],
  ['csv-one-class/t.csv', /t\.csv: all examples are of one class/],
  ['csv-regression/t.csv', /t\.csv: \d+ different labels in \d+ rows are values, not classes/],
  ['csv-regression-rounded/t.csv', /t\.csv: \d+ different labels in \d+ rows are values, not classes/],
  ['csv-year-header/t.csv', plainRows, { label: 'species' }],
  ['csv-year-header/t.csv', /t\.csv: line 1 may be a header or data: .* no other row has the label 'species'/],
  ['img-plain/data', '40 of [12,12,3]: cat, dog'],
  ['img-16bit/data', (dataset) => {
    const values = example(dataset, 0).concat(example(dataset, 39));
    expect(new Set(values).size, 'levels that 8 bits would have merged').to.be.above(2);
    expect(Math.max(...values)).to.be.below(1); // 240 of 65535
  }],
  ['img-Training-Testing/data', '40 + 20 of [12,12,3]: cat, dog'],
  ['img-alpha/data', /white when their transparent pixels are drawn on white/],
  ['img-corrupt/data', /3 of \d+ images cannot be read:(\n {2}\S+ is (not an image that can be read|a truncated or corrupt image).*){3}/],
  ['img-empty-class/data', '40 of [12,12,3]: cat, dog'], // copies without empty folders hold no third class; image-folder.test.ts has one
  ['img-eval/data', '40 of [12,12,3]: cat, dog', { size: [12, 12] }],
  ['img-eval/only-dog', /one class/],
  ['img-huge/data', /has \d+ x \d+ pixels, over 64 megapixels/, { size: [16, 16] }],
  ['img-ipynb/data', '40 of [12,12,3]: cat, dog'],
  ['img-modes/data', (dataset) => expect(dataset.train.count).to.equal(40)],
  ['img-one-class/data', /one class/],
  ['img-single/data', (dataset) => {
    expect(shapeOf(dataset)).to.equal('41 of [12,12,3]: cat, dog, rare');
    expectError('data', () => splitDataset(dataset, { seed: 1, validation: 0.2, train: 0.1 }), /no example of class/);
  }],
  ['img-sizes/data', (dataset) => expect(shapeOf(dataset)).to.match(/^24 of \[(8|16|24),\1,3\]: cat, dog$/)],
  ['img-sizes/data', '24 of [8,8,3]: cat, dog', { size: [8, 8] }],
  ['img-train-val/data', (dataset) => {
    expect(shapeOf(dataset)).to.equal('60 (20 for validation) of [12,12,3]: cat, dog');
    const { train, validation, test } = splitDataset(dataset, { seed: 1, validation: 0.5, test: 0.25 });
    expect([...validation.indices]).to.deep.equal([...dataset.validation!]);
    expect([train.indices.length, test.indices.length]).to.deep.equal([30, 10]);
  }],
  ['img-train-val-test/data', '60 (20 for validation) + 20 of [12,12,3]: cat, dog'],
  ['img-unicode/data', '40 of [12,12,3]: Katze mit Hut, собака 🐶'],
  ['img-webp/data', (dataset) => {
    expect(shapeOf(dataset)).to.match(/^4\d of \[12,12,3\]: cat, dog$/);
  }],
]; // prettier-ignore

describe('real-world inputs', () => {
  before(function () {
    if (!existsSync(CASES)) this.skip();
  });

  for (const [path, expected, options = {}] of table)
    it(`${path} ${JSON.stringify(options)}`, () => {
      const open = (): Dataset => openDataset(resolve(CASES, path), options);
      if (expected instanceof RegExp) expectError('data', open, expected);
      else if (typeof expected === 'string') expect(shapeOf(open())).to.equal(expected);
      else expected(open());
    });

  it('img-exif: photographs stored turned are read as every viewer shows them', () => {
    const [turned, upright] = ['data', 'upright'].map((name) => openDataset(resolve(CASES, 'img-exif', name)));
    expect(shapeOf(turned!)).to.equal(shapeOf(upright!));
    let most = 0;
    turned!.train.images.forEach((value, i) => (most = Math.max(most, Math.abs(value - upright!.train.images[i]!))));
    expect(most).to.be.at.most(60); // of 255: JPEG losses differ where the blocks lie otherwise
  });

  it('each have a test', () => {
    const tests = readdirSync('test', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join('test', name), 'utf8'))
      .join('\n');
    const folders = readdirSync(CASES, { withFileTypes: true }).flatMap((entry) =>
      // Those of `reliability` are scripts for a built clone.
      entry.isDirectory() && entry.name !== 'reliability' ? [entry.name] : [],
    );
    expect(folders).to.have.length.above(30);
    expect(folders.filter((name) => !tests.includes(name))).to.deep.equal([]);
  });
});
