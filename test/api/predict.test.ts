/**
 * A trained network asked about new examples: in memory, in tables with their columns anywhere, in pictures of any
 * size.
 */
import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { mlp } from '../../search-spaces/mlp.js';
import { evaluate } from '../../src/cli/commands/evaluate.js';
import { predict } from '../../src/cli/commands/predict.js';
import { loadModel, type LoadedModel, tf } from '../../src/index.js';
import { textPrintedBy } from '../cli/printed.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyRun, tinyTable, trainedOn } from '../runs/tiny-run.js';
import { said, saidLater } from '../said.js';

/** Grey squares, bright or dark, of this side. */
function picture(path: string, side: number, value: number): string {
  const png = new PNG({ width: side, height: side });
  for (let i = 0; i < side * side; i++) png.data.set([value, value, value, 255], 4 * i);
  writeFileSync(path, PNG.sync.write(png));
  return path;
}

describe('predictions', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  describe('of rows', () => {
    let run = '';
    let model: LoadedModel;
    let rows: string[][];
    beforeEach(async () => {
      run = await tinyRun(folder());
      model = await loadModel(run, { space: mlp, backend: 'cpu' });
      rows = readFileSync(join(folder(), 'data.csv'), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
    });
    afterEach(() => model.dispose());

    const table = (name: string, header: string[], row: (cells: string[]) => string[]): string => {
      const path = join(folder(), name);
      writeFileSync(path, [header, ...rows.map(row)].map((line) => line.join(',')).join('\n'));
      return path;
    };

    it('are the same in memory, and for tables with reordered or additional columns', () => {
      const inMemory = model.predict(rows.map(([x, y]) => [Number(x), Number(y)]));
      expect(inMemory).to.have.length(60);
      for (const { label, probability, probabilities } of inMemory) {
        expect(probabilities.reduce((sum, p) => sum + p, 0)).to.be.closeTo(1, 1e-6);
        expect(probability).to.equal(Math.max(...probabilities));
        expect(label).to.equal(model.classNames[probabilities.indexOf(probability)]);
      }
      const other = table('other.csv', ['id', 'y', 'class', 'x'], ([x, y, label]) => ['7', y!, label!, x!]);
      const bare = table('bare.csv', ['x', 'y'], ([x, y]) => [x!, y!]);
      for (const path of [other, bare]) {
        const found = model.predictFiles([path]);
        expect(found.map(({ name }) => name)).to.deep.equal(rows.map((_, i) => `${path}:${i + 2}`));
        expect(found.map(({ name: _, ...prediction }) => prediction)).to.deep.equal(inMemory);
      }
      const headless = join(folder(), 'headless.csv');
      writeFileSync(headless, rows.map(([x, y]) => `${x},${y}`).join('\n'));
      expect(model.predictFiles([headless]).map(({ label }) => label)).to.deep.equal(
        inMemory.map(({ label }) => label),
      );
    });

    it('have the accuracy of the evaluation on the same table', async () => {
      const path = table('judged.csv', ['y', 'class', 'x'], ([x, y, label]) => [y!, label!, x!]);
      const { accuracy } = JSON.parse(await textPrintedBy(() => evaluate(run, { data: path, json: true }))) as {
        accuracy: number;
      };
      const right = model.predictFiles([path]).filter(({ label }, i) => label === rows[i]![2]);
      expect(right.length / 60).to.be.closeTo(accuracy, 1e-6);
    });

    it('name what does not fit: a missing column, a word, an empty cell, a wrong length, an image', () => {
      const refusal = (text: string): string => {
        const path = join(folder(), 'bad.csv');
        writeFileSync(path, text);
        return said(() => model.predictFiles([path]));
      };
      expect(refusal('x,z\n1,2\n')).to.match(/bad\.csv has no column 'y'.*its columns are 'x', 'z'/s);
      expect(refusal('x,x,y\n1,2,3\n')).to.match(/two columns are named 'x'/);
      expect(refusal('x,y\n1,2\n1,two\n')).to.match(/line 3, column 2 \(y\) is not a number/);
      expect(refusal('x,y\n1,\n')).to.match(/line 2, column 2 \(y\) is not a number/);
      expect(refusal('1,2,3\n')).to.match(/has 3 columns, but the network was trained on 2/);
      expect(refusal('x,y\n')).to.match(/no rows/);
      expect(said(() => model.predict([[1, 2], [1]]))).to.match(/example 1 has 1 numbers, but the network takes 2/);
      expect(said(() => model.predict([[1, NaN]]))).to.match(/number 1 of example 0 is NaN/);
      expect(said(() => model.predictFiles([picture(join(folder(), 'a.png'), 4, 9)]))).to.match(/is not a table/);
      expect(model.predict([])).to.deep.equal([]);
    });

    it('are printed as CSV or as JSON lines, and leave no tensor behind', async () => {
      const path = tinyTable(join(folder(), 'new, "data".csv'));
      const lines = (await textPrintedBy(() => predict(run, [path], { probabilities: true, backend: 'cpu' })))
        .trim()
        .split('\n');
      expect(lines[0]).to.equal('name,label,probability,p(even),p(odd)');
      expect(lines).to.have.length(61);
      expect(lines[1]).to.match(/^".*new, ""data""\.csv:2",(even|odd),[01]\.\d{4},[01]\.\d{4},[01]\.\d{4}$/);
      const json = (await textPrintedBy(() => predict(run, [path], { json: true, backend: 'cpu' }))).trim().split('\n');
      expect(json.map((line) => JSON.parse(line) as object)).to.have.length(60);
      expect(JSON.parse(json[0]!)).to.have.keys('type', 'name', 'label', 'probability');
      const before = tf.memory().numTensors;
      model.predictFiles([path]);
      expect(tf.memory().numTensors).to.equal(before);
    });
  });

  it('of a table with gaps and categories: read as in training, whatever else occurs', async () => {
    const path = join(folder(), 'mixed.csv');
    const colours = ['red', 'blue', 'green'];
    const lines = Array.from({ length: 90 }, (_, i) => {
      const x = i % 11 === 0 ? '' : String(((37 * i) % 101) / 50);
      return `${x},${colours[i % 3]},${i % 3 === 0 ? 'stop' : 'go'}`;
    });
    writeFileSync(path, `x,colour,label\n${lines.join('\n')}\n`);
    const run = await trainedOn(folder(), { source: path }, 30);
    const model = await loadModel(run, { space: mlp, backend: 'cpu' });
    const asked = join(folder(), 'asked.csv');
    writeFileSync(asked, 'colour,x\nred,1\nblue,\ngreen,0.5\nred,NA\nviolet,1\n');
    const found = model.predictFiles([asked]).map(({ label }) => label);
    expect(found.slice(0, 4)).to.deep.equal(['stop', 'go', 'go', 'stop']);
    writeFileSync(asked, 'colour,x\nred,one\n');
    expect(said(() => model.predictFiles([asked]))).to.match(/line 2, column 2 \(x\) is not a number/);
    writeFileSync(asked, 'x\n1\n2\n');
    expect(said(() => model.predictFiles([asked]))).to.match(/only one column|no column 'colour'/);
    const { accuracy } = JSON.parse(await textPrintedBy(() => evaluate(run, { json: true }))) as { accuracy: number };
    expect(accuracy).to.be.above(0.9);
    model.dispose();
  });

  it('of images: of any size, in folders at any depth, and named if they cannot be read', async () => {
    const data = join(folder(), 'images');
    for (const [label, value] of [
      ['bright', 230],
      ['dark', 20],
    ] as const) {
      mkdirSync(join(data, label), { recursive: true });
      for (let i = 0; i < 30; i++) picture(join(data, label, `${i}.png`), 4, value + (i % 10));
    }
    const run = await trainedOn(folder(), { source: data }, 12, 4);
    const model = await loadModel(run, { space: mlp, backend: 'cpu' });
    const fresh = join(folder(), 'new', 'deep');
    mkdirSync(fresh, { recursive: true });
    const [large, small] = [picture(join(fresh, 'a.png'), 11, 240), picture(join(folder(), 'b.png'), 3, 10)];
    const found = model.predictFiles([join(folder(), 'new'), small]);
    expect(found.map(({ name, label }) => [name, label])).to.deep.equal([
      [large, 'bright'],
      [small, 'dark'],
    ]);
    const broken = join(folder(), 'broken.png');
    writeFileSync(broken, 'no picture');
    expect(said(() => model.predictFiles([small, broken]))).to.include(broken);
    expect(said(() => model.predictFiles([join(folder(), 'nothing.png')]))).to.include('nothing.png');
    model.dispose();
    expect(await saidLater(loadModel(join(folder(), 'no-run'), { space: mlp }))).to.include('no-run');
  });
});
