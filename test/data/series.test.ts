/**
 * Rows of a series in windows: what they are made of, that no part sees another, and a forecast from the table to the
 * export.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { conv1dSpace } from '../../search-spaces/conv-1d.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { readSeries, type SeriesOptions } from '../../src/data/index.js';
import { evaluateRun, exportRun, loadModel, loadRegressor, runSearch } from '../../src/index.js';
import { openLabelled } from '../../src/search/labelled-data.js';
import { openText } from '../../src/search/text-data.js';
import { childCatalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { runTypeScript, temporaryFolder } from '../runs/temporary.js';

describe('windows of a series', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const written = (text: string): string => {
    const path = join(folder(), 'series.csv');
    writeFileSync(path, text);
    return path;
  };
  const rows = (count: number, line: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');
  const read = (text: string, options: Partial<SeriesOptions> = {}) =>
    readSeries(written(text), 'series', { window: 3, validation: 0.25, test: 0.2, ...options });

  it('are also the last ones of a table from standard input', () => {
    const form = { window: 2, horizon: 1, columns: ['y'], group: 'g' };
    const program = `import { readRows } from '${pathToFileURL(resolve('src/data/unlabelled.ts')).href}';
      const { names, images } = readRows('-', { inputShape: [1, 2, 1], series: ${JSON.stringify(form)} });
      console.log(JSON.stringify([names, [...images]]));`;
    const { stdout, stderr } = spawnSync(process.execPath, [...runTypeScript, '--input-type=module', '-e', program], {
      encoding: 'utf8',
      input: 'g;y\na;1,5\nb;7\na;2\nb;8\na;3\n',
    });
    expect(stdout, stderr).to.equal('[["-:a","-:b"],[2,3,7,8]]\n');
  });

  it('contain the past, and the value of a later row', () => {
    const { inputShape, train, test, validation, targets, series } = read(
      `a,y\n${rows(40, (i) => `${i},${1000 + i}`)}\n`,
      {
        horizon: 2,
        task: 'regression',
      },
    );
    expect(inputShape).to.deep.equal([1, 3, 2]);
    expect(series).to.deep.equal({ window: 3, horizon: 2, columns: ['a', 'y'], own: 1 });
    expect(targets!.names).to.deep.equal(['y']);
    expect([...train.images.slice(0, 6)]).to.deep.equal([0, 1000, 1, 1001, 2, 1002]);
    expect(train.targets![0]).to.equal(1004);
    // 32 of 40 rows before the test part, 24 of them before the validation part; a window and its target take five
    // rows.
    expect([train.count, validation!.length, test!.count]).to.deep.equal([20 + 4, 4, 4]);
    expect([...validation!]).to.deep.equal([20, 21, 22, 23]);
  });

  it('share no row between parts, whichever series it belongs to', () => {
    const text = `t,g,y\n${rows(120, (i) => `2024-01-01T${String(Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')},${'abc'[i % 3]},${i}`)}\n`;
    const { train, validation, test } = read(text, { group: 'g', time: 't', task: 'regression', horizon: 1 });
    const rowsOf = (part: typeof train, places: Iterable<number>): number[] =>
      [...places].flatMap((i) => [...part.images.slice(3 * i, 3 * i + 3), part.targets![i]!]);
    const held = new Set(validation);
    const learned = rowsOf(
      train,
      [...Array(train.count).keys()].filter((i) => !held.has(i)),
    );
    const judged = rowsOf(train, held);
    const tested = rowsOf(test!, Array(test!.count).keys());
    expect(Math.max(...learned)).to.be.below(Math.min(...judged));
    expect(Math.max(...judged)).to.be.below(Math.min(...tested));
    // Rows of one window are of one series: every third one.
    expect(train.images[1]! - train.images[0]!).to.equal(3);
  });

  it('are in chronological order, whatever the order of the file', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${i},${i * i}`);
    const [straight, turned] = [lines, stream('turned').shuffle(lines)].map((list) =>
      read(`t,y\n${list.join('\n')}\n`, { time: 't', task: 'regression' }),
    );
    expect(turned!.train.images).to.deep.equal(straight!.train.images);
    expect(turned!.test!.targets).to.deep.equal(straight!.test!.targets);
  });

  it('may have a class each, that of the last row, which they do not contain', () => {
    const { classNames, inputShape, train, series } = read(
      `x,state\n${rows(40, (i) => `${i},${i % 2 ? 'on' : 'off'}`)}\n`,
    );
    expect([classNames, inputShape]).to.deep.equal([
      ['off', 'on'],
      [1, 3, 1],
    ]);
    expect(series!.horizon).to.equal(0);
    // The first window ends at row 2.
    expect([...train.labels.slice(0, 3)]).to.deep.equal([0, 1, 0]);
  });

  it('are missing for series that are too short, which the summary names', () => {
    const lines = [...'abc'].flatMap((g, i) => Array.from({ length: [40, 3, 12][i]! }, (_, t) => `${t},${g},${t % 7}`));
    const source = written(`t,g,y\n${lines.join('\n')}\n`);
    const { account } = openLabelled(
      checkConfig({ data: { source, window: 3, group: 'g', label: 'y', task: 'regression', test: 0.25 } }),
    );
    const careful = account!.filter((line) => line.startsWith('careful: '));
    expect(careful).to.deep.equal([
      "careful: 1 of 3 series has no window of 3 rows and what is 1 after them within one part, and is left out: 'b' (3 rows)",
      "careful: the validation part has no window of 1 of the 2 other series: 'c' (12 rows)",
      "careful: the test part has no window of 1 of the 2 other series: 'c' (12 rows)",
    ]);
    // All windows are one part where a network is judged.
    const form = { window: 3, horizon: 1, columns: ['y'], group: 'g', time: 't' };
    const { warnings } = read(`t,g,y\n${lines.join('\n')}\n`, { known: { form } });
    expect(warnings).to.have.length(1);
    expect(warnings![0]).to.match(/^1 of 3 series .* left out: 'b' \(3 rows\)$/);
  });

  it('are refused with the line, the column or the field', () => {
    const plain = `a,y\n${rows(30, (i) => `${i},${i}`)}\n`;
    const of =
      (text: string, options: Partial<SeriesOptions> = {}) =>
      () =>
        read(text, { task: 'regression', ...options });
    expect(of(`a,y\n1,2\n,3\n4,5\n`)).to.throw(/line 3, column 1 \(a\): '' is not a number/);
    expect(of(`a,y\n1,2\nNaN,3\n4,5\n`)).to.throw(/line 3, column 1 \(a\): 'NaN' is not a number/);
    expect(of(`a,y\n1,2\n2,\n4,5\n`)).to.throw(/line 3.*not a number|line 3 has no label/);
    expect(of(plain, { window: 40 })).to.throw(/window of 40 rows .* the longest series has 30/);
    expect(of(plain, { horizon: 28 })).to.throw(/28 rows after it need 31 rows, but the longest series has 30/);
    expect(of(plain, { window: 8 })).to.throw(/fits into the (validation|test) part/);
    expect(of(plain, { group: 'no' })).to.throw(/data\.group names 'no', which is not a column/);
    expect(of(plain, { time: 'y' })).to.throw(/data\.time names 'y', which is the label column/);
    expect(of(`t,y\n1,1\n1,2\n2,3\n`, { time: 't', window: 1 })).to.throw(/lines 2 and 3 have the same time/);
    expect(of(`t,y\nsoon,1\nlater,2\n`, { time: 't', window: 1 })).to.throw(
      /line 2, column 1 \(t\): 'soon' is neither/,
    );
    expect(of(`t,y\n2024-01-01,1\n20240102,2\n`, { time: 't', window: 1 })).to.throw(
      /line 3.*'20240102' is not a date/,
    );
    expect(of(`t,y\n3,1\n2024-01-02,2\n`, { time: 't', window: 1 })).to.throw(/line 3.*'2024-01-02' is not a number/);
    expect(of(`a,y\n1,2\n1e39,3\n4,5\n`)).to.throw(/line 3, column 1 \(a\): '1e39' is not a number/);
    expect(of(`a,a,y\n1,2,3\n4,5,6\n`)).to.throw(/two columns are named 'a'/);
    const states = (...names: string[]) => of(`x,s\n${rows(60, (i) => `${i},${names[i % names.length]}`)}\n`, { task: 'classification' }); // prettier-ignore
    expect(states('on', 'off', 'On')).to.throw(/'On'.*'on'|'on'.*'On'/);
    expect(states('1', '1.0', '2')).to.throw(/'1'.*'1\.0'|same number/);
    expect(states(...Array.from({ length: 60 }, (_, i) => `s${i}`))).to.throw(/different labels in .* not classes/);
    expect(of(`1,2\n3,4\n`)).to.throw(/has no header/);
    // 1.234 may be a thousand and more.
    expect(of(`a;y\n1,5;2\n1.234;3\n4;5\n`)).to.throw(/line 2 has a decimal comma, and line 3 a decimal point/);
    expect(() => read(`x,s\n${rows(30, (i) => `${i},on`)}\n`)).to.throw(/all examples are of one class/);
    const config = (data: SearchConfigInput['data']) => () =>
      openLabelled(checkConfig({ data: { source: written(plain), ...data } }));
    expect(config({ horizon: 2 })).to.throw(/data\.horizon applies to windows/);
    expect(config({ window: 3, derive: 0.1 })).to.throw(/data\.derive would draw windows that overlap/);
    expect(config({ window: 3, test: 5 })).to.throw(/are shares of the time here/);
    expect(config({ window: 3, season: 4 })).to.throw(/data\.season is longer than the window/);
    expect(config({ window: 3, label: ['a', 'y'] })).to.throw(/data\.label names several columns/);
    expect(() => openText(checkConfig({ data: { window: 3 } }))).to.throw(/'window' does not apply to a text/);
  });

  it('are convolved along time by an image space', async () => {
    await loadBackend('cpu');
    const space = macroCnn.create(
      { layers: 4, filters: 4 },
      { kind: 'regression', inputShape: [1, 12, 3], classes: 1 },
    );
    const child = createChild(space, space.sample(stream('series')));
    const store = createParameterStore(childCatalogue(space, child), 'series', [
      ...child.parameterNames,
      ...child.statisticNames,
    ]);
    const outputs = tf.tidy(() => [
      ...child
        .forward(store.parameters, store.statistics, tf.ones([5, 1, 12, 3]), {
          training: false,
          normalization: 'batch',
        })
        .dataSync(),
    ]);
    store.dispose();
    expect(outputs).to.have.length(5);
    expect(outputs.every(Number.isFinite)).to.equal(true);
  });

  it('give a forecast, compared with the last value and the last season, and used to predict what comes next', async () => {
    const rng = stream('season');
    const values = Array.from({ length: 160 }, (_, i) => 20 + 5 * Math.sin((2 * Math.PI * i) / 8) + 0.3 * rng.normal());
    const path = join(folder(), 'waves.csv');
    writeFileSync(path, `hour,level\n${values.map((value, i) => `${i},${value.toFixed(4)}`).join('\n')}\n`);
    const { run } = await runSearch({
      space: conv1dSpace,
      controller: random,
      config: {
        backend: 'cpu',
        compile: 'off',
        data: { source: path, window: 8, season: 8, time: 'hour', label: 'level', task: 'regression' },
        space: { layers: 2, filters: 4, sizes: [3], dilations: [1, 2], direct: true },
        search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 24, rewardBatchSize: 8 },
        derive: { candidates: 1, random: 0, batchSize: 8 },
        retrain: { epochs: 30, batchSize: 24, optimizer: { name: 'adam', learningRate: 0.02 } },
      },
      runs: folder(),
    });
    const { test, assessment } = JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as {
      test: { targets: { r2: number; rmse: number }[] };
      assessment: { targets: { simpleModels: { name: string; rmse: number }[] }[] };
    };
    expect(test.targets[0]!.r2).to.be.above(0.7);
    const rmse = (name: string): number => assessment.targets[0]!.simpleModels.find((one) => one.name === name)!.rmse;
    // The last value is wrong by the slope, the value a season before by the noise of both.
    expect(rmse('the value one season before')).to.be.below(0.8);
    expect(rmse('the last value')).to.be.above(2);
    expect((await evaluateRun(run)).targets![0]!.rmse.value).to.be.closeTo(test.targets[0]!.rmse, 1e-3);

    const other = join(folder(), 'other.csv');
    writeFileSync(
      other,
      `level,hour\n${values
        .slice(0, 40)
        .map((value, i) => `${value},${i}`)
        .join('\n')}\n`,
    );
    const elsewhere = await evaluateRun(run, { data: other });
    expect(elsewhere.count).to.equal(32);
    expect(elsewhere.targets![0]!.r2!.value).to.be.above(0.7);

    const model = await loadRegressor(run);
    const [next] = model.predictFiles([other]);
    const [same] = model.predict([values.slice(32, 40)]);
    expect(next!.values['level']).to.be.closeTo(same!['level']!, 1e-4);
    expect(() => model.predictFiles([written('hour,level\n1,2\n2,3\n')])).to.throw(
      /has 2 rows, but the network takes the last 8/,
    );
    model.dispose();
    const { folder: exported } = await exportRun(run, { out: join(folder(), 'export') });
    const again = await loadRegressor(exported);
    expect(again.predictFiles([other])[0]!.values['level']).to.be.closeTo(next!.values['level']!, 1e-3);
    again.dispose();
    expect(readFileSync(join(exported, 'MODEL.md'), 'utf8')).to.include('Windows of 8 rows');
    await loadModel(exported).then(
      () => expect.fail('a forecast was loaded as a classifier'),
      () => undefined,
    );
  });
});
