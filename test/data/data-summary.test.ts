/** What is told of a data set once it has been read. */
import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { summarizeData, openDataset, prepareData, splitDataset } from '../../src/data/index.js';
import { folderWith, removeFolders } from './files.js';

const CASES = resolve(process.cwd(), '..', 'shared', 'cases');

function account(path: string): string[] {
  const dataset = openDataset(path);
  return summarizeData(dataset, splitDataset(dataset, { seed: 1, validation: 0.2, test: 0.2 }));
}

const table = (...lines: string[]): string => join(folderWith({ 'table.csv': `${lines.join('\n')}\n` }), 'table.csv');
const rows = (row: (i: number) => string, count = 40): string[] => Array.from({ length: count }, (_, i) => row(i));

describe('the summary of a data set', () => {
  after(removeFolders);

  it('of a plain table states rows, classes, columns and parts, without warnings', () => {
    expect(
      account(table('x,y,label', ...rows((i) => `${(7 * i) % 5},${(3 * i) % 11},${i % 2 ? 'a' : 'b'}`))),
    ).to.deep.equal([
      '40 rows in 2 classes: a 20, b 20',
      'columns: 2 of numbers',
      'parts: 26 training, 6 validation, 8 test',
    ]);
  });

  it('states what is missing, what is text, and what was left out and why', () => {
    const lines = account(
      table(
        'x,colour,key,label',
        ...rows((i) => `${i % 4 ? (7 * i) % 5 : ''},${i % 3 ? 'red' : 'blue'},k${i},${i % 2 ? 'a' : 'b'}`),
      ),
    );
    expect(lines).to.include('columns: 1 of numbers; of text: colour (2 categories)');
    expect(lines).to.include('missing values, replaced by the mean and marked: x (10)');
    expect(lines).to.include('left out: key: 40 different texts in 40 rows: an identifier or free text');
  });

  it('warns of one class that outweighs the others, of rare ones, of constants and of row numbers', () => {
    const lines = account(table('id,c,label', ...rows((i) => `${i + 100},7,${i < 4 ? 'fraud' : 'ok'}`, 80)));
    expect(lines).to.include(
      "careful: 95.0 % of the examples are 'ok', so always answering this class is right that often; accuracy says little here",
    );
    expect(lines).to.include("careful: few examples of 'fraud' (4); results for these classes are unreliable");
    expect(lines).to.include("careful: 'c' is 7 in every row, so it tells the network nothing");
    expect(lines).to.include("careful: 'id' counts the rows; if it is an identifier, leave it out: data.ignore");
  });

  it('warns of constants and row numbers beside text, too', () => {
    const lines = account(
      table(
        'id,c,colour,same,label',
        ...rows((i) => `${i + 100},7,${i % 3 ? 'red' : 'blue'},all,${i % 7 === 0 ? 'a' : 'b'}`, 60),
      ),
    );
    expect(lines).to.include("careful: 'id' counts the rows; if it is an identifier, leave it out: data.ignore");
    expect(lines).to.include("careful: 'c' is 7 in every row, so it tells the network nothing");
    expect(lines).to.include("careful: 'same' is 1 in every row, so it tells the network nothing");
  });

  it('warns of columns that determine the class, by their values or by ranges, and of no others', () => {
    const lines = account(
      table(
        'code,score,honest,verdict,label',
        ...rows((i) => {
          const fraud = i % 3 === 0;
          return `${fraud ? 9 : i % 2},${fraud ? 10 + (i % 17) : (i % 13) / 3},${(7 * i) % 11},${fraud ? 'guilty' : 'free'},${fraud ? 'fraud' : 'ok'}`;
        }, 90),
      ),
    ).filter((line) => line.includes('determines'));
    expect(lines).to.have.length(3);
    expect(lines[0]).to.match(/'code' alone determines the class: every value goes with one class; .*data\.ignore/);
    expect(lines[1]).to.match(/'score' alone determines the class/);
    expect(lines[2]).to.match(/'verdict' alone determines the class/);
  });

  it('warns of a column that is nearly the number to predict', () => {
    const path = table('x,euro,dollar', ...rows((i) => `${(7 * i) % 5},${(1.1 * i * i).toFixed(2)},${i * i}`, 60));
    const dataset = openDataset(path, { label: 'dollar', task: 'regression' });
    expect(summarizeData(dataset, splitDataset(dataset, { seed: 1 })).join('\n')).to.match(
      /careful: 'euro' is nearly 'dollar' itself \(correlation 1\.0000\)/,
    );
  });

  it('counts test rows that also occur in other parts', () => {
    const path = table('x,y,label', ...rows((i) => `${i % 10},${i % 5},${i % 2 ? 'a' : 'b'}`, 80));
    const { dataset, splits, record } = prepareData({ source: path }, 1);
    expect(summarizeData(dataset, splits, record.testSeenIn).join('\n')).to.match(
      /careful: \d+ of the 16 test examples are in the train part too, with identical values/,
    );
  });

  it('warns about every misleading case', function () {
    if (!existsSync(CASES)) this.skip();
    const of = (name: string): string => account(join(CASES, name)).join('\n');
    expect(of('csv-imbalanced/t.csv')).to.match(/careful: 99\.0 % of the examples are 'ok'/);
    expect(of('csv-kaggle/train.csv')).to.match(/careful: 'id' counts the rows/);
    expect(of('csv-constant/t.csv')).to.match(/careful: 'const' is 7 in every row/);
    const single = openDataset(join(CASES, 'img-single/data'));
    expect(summarizeData(single, splitDataset(single, { seed: 1, validation: 0.2, test: 0.2 })).join('\n')).to.match(
      /careful: few examples of 'rare' \(1\)/,
    );
    expect(of('img-plain/data')).to.match(/^40 images of 12x12 in 2 classes: cat 20, dog 20\nparts: /);
  });
});
