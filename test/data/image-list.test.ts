/** Tables of paths and labels beside images. */
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { summarizeData } from '../../src/data/data-summary.js';
import { openDataset } from '../../src/data/open.js';
import { splitDataset } from '../../src/data/split.js';
import { expectError, folderWith, png, removeFolders } from './files.js';

const picture = (level: number): Buffer => png(4, 4, (y, x) => [level, 10 * y, 10 * x]);
const images = {
  'images/a.png': picture(10),
  'images/b.png': picture(20),
  'images/deep/c.png': picture(30),
  'images/d.png': picture(40),
};

describe('tables that name images and their classes', () => {
  after(removeFolders);

  const csv = 'file,label\nimages/d.png,dog\nimages/a.png,cat\nimages/deep/c.png,dog\nimages/b.png,cat\n';
  const same: [what: string, files: Record<string, string>, path: string][] = [
    ['as the table of a folder', { 'labels.csv': csv }, ''],
    ['by name', { 'labels.csv': csv, 'other.csv': csv }, 'labels.csv'],
    ['without a header', { 'labels.csv': csv.replace('file,label\n', '') }, 'labels.csv'],
    [
      'with other columns',
      { 'labels.tsv': csv.replace(/,|\n/g, (mark) => (mark === ',' ? '\t7\t' : '\n')) },
      'labels.tsv',
    ],
    [
      'as JSON lines',
      {
        'labels.jsonl': csv
          .split('\n')
          .slice(1, 5)
          .map((line) => JSON.stringify({ label: line.split(',')[1], file: line.split(',')[0] }))
          .join('\n'),
      },
      '',
    ],
  ];
  for (const [what, files, path] of same)
    it(`are read ${what}`, () => {
      const dataset = openDataset(
        `${folderWith({ ...images, ...files })}/${path}`,
        what === 'with other columns' ? { label: 'label' } : {},
      );
      const { classNames, train, inputShape, reason } = dataset;
      expect([classNames, inputShape, [...train.labels]]).to.deep.equal([
        ['cat', 'dog'],
        [4, 4, 3],
        [1, 0, 1, 0],
      ]);
      expect(Array.from({ length: 4 }, (_, i) => train.images[48 * i])).to.deep.equal([40, 10, 30, 20]);
      expect(reason).to.match(/labels\.\w+ names images in column .* and their classes in column/);
      const rows = splitDataset(dataset, { seed: 1, validation: 1, test: 1 });
      expect(summarizeData(dataset, rows).join('\n')).to.include(reason);
    });

  it('may assign images to parts, by a column or by the name of the table', () => {
    const files = { ...images, 'images/e.png': picture(50), 'images/f.png': picture(60) };
    const rows = ['a,cat,train', 'b,dog,train', 'deep/c,cat,val', 'd,dog,valid', 'e,cat,test', 'f,dog,Test'];
    const table = ['path,class,split', ...rows.map((row) => `images/${row.replace(',', '.png,')}`)].join('\n');
    const byName = Object.fromEntries(
      ['train', 'val', 'test'].map((part, i) => [
        `${part}.csv`,
        [
          'path,class',
          ...rows.slice(2 * i, 2 * i + 2).map((row) => `images/${row.replace(',', '.png,').replace(/,\w+$/, '')}`),
        ].join('\n'),
      ]),
    );
    for (const tables of [{ 'labels.csv': table }, byName]) {
      const { train, validation, test } = openDataset(folderWith({ ...files, ...tables }));
      expect([train.count, [...validation!], test!.count]).to.deep.equal([4, [2, 3], 2]);
    }
  });

  const wrong: [what: string, table: string, ...patterns: RegExp[]][] = [
    ['images that are not there', 'images/a.png,cat\nx.png,dog\nimages/b.png,dog\ny.png,cat', /2 of 4 images are not there:\n.*line 2: x\.png.*\n.*line 4: y\.png/],
    ['paths out of the folder', 'images/a.png,cat\n../b.png,dog', /line 2: \.\.\/b\.png lies outside of/],
    ['absolute paths out of the folder', 'images/a.png,cat\n/etc/b.png,dog', /line 2: \/etc\/b\.png lies outside of/],
    ['an image twice', 'images/a.png,cat\nimages/../images/a.png,dog', /line 2 names the same image as .*line 1/],
    ['an image without a class', 'images/a.png,cat\nimages/b.png,', /line 2, column 2 is empty/],
    ['a part that is none', 'file,label,split\nimages/a.png,cat,train\nimages/b.png,dog,later', /line 3, column 'split' is 'later'/],
    ['columns that may all be the class', 'file,x,y\nimages/a.png,1,2\nimages/b.png,2,1', /not clear which column is their class/, /the other columns are x, y/],
  ]; // prettier-ignore
  for (const [what, table, ...patterns] of wrong)
    it(`with ${what} are refused`, () => {
      expectError('data', () => openDataset(folderWith({ ...images, 'labels.csv': table })), ...patterns);
    });

  it('that refer to one image twice through a link are refused', () => {
    const table = 'images/a.png,cat\nimages/b.png,dog\nimages/link.png,dog\nelsewhere/d.png,cat\nimages/d.png,dog\n';
    for (const [link, target, pattern] of [
      ['images/link.png', 'a.png', /line 3 names the same image as .*line 1: images\/link\.png/],
      ['elsewhere', 'images', /line 5 names the same image as .*line 4: images\/d\.png/],
    ] as const) {
      const folder = folderWith({ ...images, 'labels.csv': table });
      writeFileSync(join(folder, 'images/link.png'), picture(70));
      rmSync(join(folder, link), { force: true });
      symlinkSync(target, join(folder, link));
      expectError('data', () => openDataset(join(folder, 'labels.csv')), pattern);
    }
  });

  it('continue without images that are missing or cannot be read, if requested', () => {
    const table = 'images/a.png,cat\nx.png,dog\nimages/b.png,dog\nimages/bad.png,dog\n';
    const { train, leftOut } = openDataset(folderWith({ ...images, 'images/bad.png': 'no', 'labels.csv': table }), {
      onBadFile: 'skip',
    });
    expect(train.count).to.equal(2);
    expect(leftOut!.join('\n')).to.match(/line 2: x\.png does not exist\n.*bad\.png is not an image/);
  });

  it('are ignored next to class folders, as the summary says', () => {
    const { classNames, reason } = openDataset(
      folderWith({ 'cat/1.png': picture(1), 'dog/1.png': picture(2), 'list.csv': 'cat/1.png,x\ndog/1.png,y\n' }),
    );
    expect(classNames).to.deep.equal(['cat', 'dog']);
    expect(reason).to.match(/list\.csv next to them also names images and is not read/);
  });
});
