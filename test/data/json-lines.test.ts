/** Tables of JSON lines: what a table of the same columns is, and what is refused. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { openDataset } from '../../src/data/open.js';
import { expectError, folderWith, removeFolders } from './files.js';

const ROWS = Array.from({ length: 12 }, (_, i) => ({
  width: i === 3 ? null : i + 0.5,
  colour: ['red', 'blue'][i % 2]!,
  label: ['a', 'b', 'c'][i % 3]!,
}));
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const csv = (rows: typeof ROWS): string =>
  ['width,colour,label', ...rows.map((row) => Object.values(row).join(','))].join('\n');

describe('tables of JSON lines', () => {
  after(removeFolders);

  it('equal a CSV file with the same columns, as objects, as arrays and compressed', () => {
    const folder = folderWith({
      't.csv': csv(ROWS),
      'objects.jsonl': lines(ROWS),
      'other.ndjson': lines(ROWS.map(({ width, colour, label }) => ({ label, colour, width }))),
      'arrays.jsonl': lines([['width', 'colour', 'label'], ...ROWS.map((row) => Object.values(row))]),
      'packed.jsonl.gz': gzipSync(lines(ROWS)),
    });
    const expected = openDataset(join(folder, 't.csv'));
    for (const file of ['objects.jsonl', 'arrays.jsonl', 'packed.jsonl.gz']) {
      const read = openDataset(join(folder, file));
      expect(read.train, file).to.deep.equal(expected.train);
      expect(read.encoding, file).to.deep.equal(expected.encoding);
      expect(read.classNames, file).to.deep.equal(['a', 'b', 'c']);
      expect(read.columns, file).to.deep.equal(['width', 'colour']);
    }
    expect(openDataset(join(folder, 'objects.jsonl')).name).to.equal('objects');
    expect(openDataset(join(folder, 'other.ndjson')).train.labels).to.deep.equal(expected.train.labels);
  });

  it('may have regression targets, no names, and a training and a test part', () => {
    const folder = folderWith({
      'train.jsonl': lines(ROWS.map((_, i) => [i, 2 * i, i / 7])),
      'test.jsonl': lines([[1, 2, 0.5]]),
    });
    const { train, test, targets } = openDataset(folder, { task: 'auto' });
    expect(targets?.names).to.deep.equal(['column 3']);
    expect([train.count, test?.count]).to.deep.equal([12, 1]);
    expect(test!.images).to.deep.equal(Uint8Array.of(1, 2));
  });

  it('are refused with the line and the field that cannot be read', () => {
    const good = { x: 1, label: 'a' };
    const cases: [unknown[] | string, RegExp][] = [
      ['', /is empty/],
      ['{"x": 1, "label": "a"}\n{"x": 1,\n', /line 2 is not JSON/],
      ['{"x": 1e999, "label": "a"}\n', /line 1, 'x' is too large for a number/],
      [[good, 5], /line 2 is a number/],
      [[good, null], /line 2 is a null/],
      [[good, { x: 1 }], /line 2 has no 'label'/],
      [[good, { ...good, y: 2 }], /line 2 has 'y', which the first line does not have/],
      [[good, [1, 'a']], /line 2 is an array of 2, but the first line is an object/],
      [[[1, 'a'], good], /line 2 is an object, but the first line is an array/],
      [
        [
          [1, 'a'],
          [1, 2, 'a'],
        ],
        /line 2 is an array of 3, but the first line is an array of 2/,
      ],
      [[good, { x: [1, 2], label: 'a' }], /line 2, 'x' is an array/],
      [[{ label: 'a' }], /line 1 has only one value/],
      [[good, { x: 1, label: null }], /line 2 has no label/],
    ];
    for (const [content, message] of cases) {
      const folder = folderWith({ 't.jsonl': typeof content === 'string' ? content : lines(content) });
      expectError('data', () => openDataset(join(folder, 't.jsonl')), message);
    }
    // Keys that are whole numbers come first in an object, so nobody knows which column was the last.
    const numbered = folderWith({ 't.jsonl': lines([{ 7: 1, 0: 2 }]) });
    expectError('data', () => openDataset(join(numbered, 't.jsonl')), /names of the columns are numbers/, 'data.label');
    const folder = folderWith({ 't.jsonl': lines(ROWS) });
    expectError('config', () => openDataset(join(folder, 't.jsonl'), { header: true }), /data.header/);
    expectError('data', () => openDataset(join(folder, 't.jsonl'), { label: 'colours' }), /'colours'/);
  });
});
