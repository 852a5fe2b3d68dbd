/** What is told of a data set once it has been read. */
import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { accountFor, openDataset, splitDataset } from '../../src/data/index.js';
import { folderWith, removeFolders } from './files.js';

const CASES = resolve(process.cwd(), '..', 'shared', 'cases');

function account(path: string): string[] {
  const dataset = openDataset(path);
  return accountFor(dataset, splitDataset(dataset, { seed: 1, validation: 0.2, test: 0.2 }));
}

const table = (...lines: string[]): string => join(folderWith({ 'table.csv': `${lines.join('\n')}\n` }), 'table.csv');
const rows = (row: (i: number) => string, count = 40): string[] => Array.from({ length: count }, (_, i) => row(i));

describe('the account of a data set', () => {
  after(removeFolders);

  it('of a plain table says rows, classes, columns and parts, and warns of nothing', () => {
    expect(
      account(table('x,y,label', ...rows((i) => `${(7 * i) % 5},${(3 * i) % 11},${i % 2 ? 'a' : 'b'}`))),
    ).to.deep.equal([
      '40 rows in 2 classes: a 20, b 20',
      'columns: 2 of numbers',
      'parts: 26 training, 6 validation, 8 test',
    ]);
  });

  it('says what is missing, what is text, and what was left out and why', () => {
    const lines = account(
      table(
        'x,colour,key,label',
        ...rows((i) => `${i % 4 ? (7 * i) % 5 : ''},${i % 3 ? 'red' : 'blue'},k${i},${i % 2 ? 'a' : 'b'}`),
      ),
    );
    expect(lines).to.include('columns: 1 of numbers; of text: colour (2 categories)');
    expect(lines).to.include('missing values, replaced by the mean and marked: x (10)');
    expect(lines).to.include('left out: key: 40 different texts in 40 rows: an identifier, dates or free text');
  });

  it('warns of one class that outweighs the others, of rare ones, of constants and of row numbers', () => {
    const lines = account(table('id,c,label', ...rows((i) => `${i + 100},7,${i < 4 ? 'fraud' : 'ok'}`, 80)));
    expect(lines).to.include(
      "careful: 95.0 % of the examples are 'ok', so a network that always says so is right that often; accuracy says little here",
    );
    expect(lines).to.include("careful: few examples of 'fraud' (4); results for these classes are unreliable");
    expect(lines).to.include("careful: 'c' is 7 in every row, so it tells the network nothing");
    expect(lines).to.include("careful: 'id' counts the rows; if it is an identifier, leave it out: data.ignore");
  });

  it('leaves none of the cases that mislead without a word', function () {
    if (!existsSync(CASES)) this.skip();
    const of = (name: string): string => account(join(CASES, name)).join('\n');
    expect(of('csv-imbalanced/t.csv')).to.match(/careful: 99\.0 % of the examples are 'ok'/);
    expect(of('csv-kaggle/train.csv')).to.match(/careful: 'id' counts the rows/);
    expect(of('csv-constant/t.csv')).to.match(/careful: 'const' is 7 in every row/);
    const single = openDataset(join(CASES, 'img-single/data'));
    expect(accountFor(single, splitDataset(single, { seed: 1, validation: 0.2, test: 0.2 })).join('\n')).to.match(
      /careful: few examples of 'rare' \(1\)/,
    );
    expect(of('img-plain/data')).to.match(/^40 images of 12x12 in 2 classes: cat 20, dog 20\nparts: /);
  });
});
