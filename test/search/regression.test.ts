/** A search whose networks predict a number, from the table to the report, and what means nothing for it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { evaluateRun, loadModel, loadRegressor, resumeSearch, runSearch } from '../../src/index.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { openDataset } from '../../src/data/index.js';
import { exportModel } from '../../src/export/index.js';
import { guessingLoss, objectiveOf } from '../../src/search/objective.js';
import { requireFitForTargets, settle } from '../../src/search/regression.js';
import { forestMean, linearRegression, neighbourMean, type ValueRows } from '../../src/search/simple-models/index.js';
import { askValueModels } from '../../src/search/simple-models/values.js';
import { loadModel as loadNetwork } from '../../src/search/model.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { tinyRun } from '../runs/tiny-run.js';
import { loadExported } from '../export/trained.js';
import { temporaryFolder } from '../runs/temporary.js';

/** A plane with a little noise, in a unit of its own. */
function table(path: string, count = 120, header = 'x,y,price'): string {
  const rng = stream('plane');
  const rows = Array.from({ length: count }, () => {
    const [x, y] = [rng.normal(), rng.normal()];
    return [x, y, 1000 + 50 * x - 20 * y + rng.normal()].map((value) => value.toFixed(4)).join();
  });
  writeFileSync(path, `${header}\n${rows.join('\n')}\n`);
  return path;
}

interface Summary {
  readonly resultHash: string;
  readonly derived: { readonly accuracy: null };
  readonly test: { readonly loss: number; readonly accuracy?: number; readonly targets: Record<string, number>[] };
  readonly assessment: { readonly targets: { simpleModels: { name: string; rmse: number; r2: number }[] }[] };
}
const summaryOf = (run: string): Summary => JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')) as Summary;

describe('a test part whose numbers do not vary', function () {
  const folder = temporaryFolder(this);

  it('ends with the errors, but without R²', async () => {
    table(join(folder(), 'train.csv'), 60);
    const same = readFileSync(table(join(folder(), 'test.csv'), 20), 'utf8').replace(/,[^,]*$/gm, ',0.1');
    writeFileSync(join(folder(), 'test.csv'), same.replace(',0.1', ',price'));
    const { run, report } = await runSearch({
      space: mlp,
      controller: random,
      config: {
        backend: 'cpu',
        data: { source: folder(), task: 'regression' },
        space: { depth: 1, widths: [2] },
        search: { epochs: 1, rounds: 0, probe: 0, batchSize: 16, rewardBatchSize: 8 },
        derive: { candidates: 1, random: 0, batchSize: 8 },
        retrain: { epochs: 1, batchSize: 16 },
      },
      runs: join(folder(), 'runs'),
    });
    const { test, assessment } = summaryOf(run);
    expect(test.targets[0]).to.have.keys('name', 'rmse', 'mae');
    for (const model of assessment.targets[0]!.simpleModels) expect(model).to.have.keys('name', 'rmse');
    expect(readFileSync(report!, 'utf8')).to.include('What the result is worth');
  });
});

describe('simple regression models', () => {
  const rows = (values: readonly (readonly number[])[], targets: readonly number[]): ValueRows => ({
    values: Float32Array.from(values.flat()),
    targets: Float64Array.from(targets),
    count: targets.length,
    size: values[0]!.length,
  });

  it('linear regression finds a plane, also where columns repeat each other', () => {
    const train = rows(
      [
        [0, 0],
        [1, 1],
        [2, 2],
        [4, 4],
      ],
      [1, 3, 5, 9],
    );
    expect(linearRegression(train, rows([[10, 10]], [0]), 1)[0]).to.be.closeTo(21, 1e-6);
  });

  it('nearest neighbours average five', () => {
    const train = rows([[0], [1], [2], [3], [4], [100]], [0, 1, 2, 3, 4, 1000]);
    expect([...neighbourMean(train, rows([[-1], [200]], [0, 0]), 1)]).to.deep.equal([2, (1 + 2 + 3 + 4 + 1000) / 5]);
  });

  it('those that would take too long are left out', () => {
    const wide = (count: number): ValueRows => ({ values: new Float32Array(250 * count), targets: new Float64Array(count), count, size: 250 }); // prettier-ignore
    const names = askValueModels(wide(20_000), wide(1), 1).map(({ name }) => name);
    expect(names).to.deep.equal(['nearest neighbours']);
  });

  it('a forest finds what no plane does, the same with the same seed', () => {
    const rng = stream('product');
    const points = Array.from({ length: 300 }, () => [rng.uniform() - 0.5, rng.uniform() - 0.5]);
    const all = rows(
      points,
      points.map(([x, y]) => Math.sign(x! * y!)),
    );
    const part = (from: number, to: number): ValueRows => ({
      ...all,
      values: all.values.slice(2 * from, 2 * to),
      targets: all.targets.slice(from, to),
      count: to - from,
    });
    const [train, test] = [part(0, 200), part(200, 300)];
    const error = (predicted: Float64Array): number =>
      predicted.reduce((sum, value, i) => sum + (value - test.targets[i]!) ** 2 / 100, 0);
    const forest = forestMean(train, test, 7);
    expect(error(forest)).to.be.below(0.7 * error(linearRegression(train, test, 7)));
    expect([...forestMean(train, test, 7)]).to.deep.equal([...forest]);
  });
});

describe('a search for regression networks', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  const config: SearchConfigInput = {
    backend: 'cpu',
    space: { depth: 1, widths: [4, 6] },
    search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 16, rewardBatchSize: 8 },
    derive: { candidates: 2, random: 2, batchSize: 8 },
    retrain: { epochs: 15, batchSize: 16, optimizer: { name: 'adam', learningRate: 0.02 } },
  };

  it('learns a plane; summary, evaluation, prediction, report and export agree, in the unit of the column', async () => {
    const data = table(join(folder(), 'plane.csv'));
    const { run } = await runSearch({
      space: mlp,
      controller: random,
      config: { ...config, data: { source: data } },
      runs: folder(),
    });
    const { test, derived, assessment } = summaryOf(run);
    const [{ rmse, mae, r2 }] = test.targets as [Record<string, number>];
    expect(test).not.to.have.property('accuracy');
    expect(derived.accuracy).to.equal(null);
    expect(r2).to.be.above(0.5);
    expect(rmse).to.be.above(mae!);
    const linear = assessment.targets[0]!.simpleModels.find(({ name }) => name === 'linear regression')!;
    expect(linear.rmse, 'the noise').to.be.within(0.5, 1.6);

    const evaluated = await evaluateRun(run);
    expect(evaluated.targets![0]!.rmse.value).to.be.closeTo(rmse!, 1e-3);
    expect(evaluated.loss).to.be.closeTo(test.loss, 1e-5);
    // The same rows with their columns in another order are told by their names.
    const [, ...lines] = readFileSync(data, 'utf8').trim().split('\n');
    const turned = join(folder(), 'turned.csv');
    writeFileSync(
      turned,
      `price,y,x\n${lines
        .slice(0, 30)
        .map((line) => line.split(',').reverse().join())
        .join('\n')}\n`,
    );
    expect((await evaluateRun(run, { data: turned })).targets![0]!.r2!.value).to.be.above(0.5);

    const model = await loadRegressor(run);
    const [{ price }] = model.predict([[1, 1]]) as [{ price: number }];
    const named = model.predictFiles([turned]);
    model.dispose();
    expect(price).to.be.within(950, 1110);
    const actual = lines.slice(0, 30).map((line) => Number(line.split(',')[2]));
    const errors = named.map(({ values }, i) => (values['price']! - actual[i]!) ** 2);
    expect(Math.sqrt(errors.reduce((a, b) => a + b) / 30)).to.be.below(45);
    await loadModel(run).then(
      () => expect.fail('a regression was loaded as a classifier'),
      (error: Error) => expect(error.message).to.match(/predicts numbers \(price\), not classes/),
    );

    const report = readFileSync(join(run, 'report.html'), 'utf8');
    expect(report).to.include('Residuals').and.include('linear regression').and.include('root mean squared error');
    expect(report.replaceAll('entropy (nats)', '')).not.to.include('nats').and.not.to.include('classified');

    const network = await loadNetwork(run, () => Promise.resolve(mlp));
    const files = await exportModel(network);
    network.store.dispose();
    const { exported } = await loadExported(files);
    const values = exported.execute(tf.tensor4d([1, 1], [1, 1, 1, 2]), 'values') as tf.Tensor;
    expect(values.dataSync()[0]).to.be.closeTo(price, 0.05);
    exported.dispose();
    expect(String(files['README.md'])).to.include('price').and.not.to.include('probabilities');
    expect(String(files['MODEL.md'])).to.include('predicts price').and.not.to.include('classes');
  });

  it('learns several numbers at once, each in its own unit', async () => {
    const rng = stream('planes');
    const rows = Array.from({ length: 120 }, () => {
      const [x, y] = [rng.normal(), rng.normal()];
      return [1000 + 50 * x - 20 * y, x, 0.001 * y, y].join();
    });
    const data = join(folder(), 'planes.csv');
    writeFileSync(data, `price,x,rate,y\n${rows.join('\n')}\n`);
    const { run } = await runSearch({
      space: mlp,
      controller: random,
      config: { ...config, data: { source: data, label: ['price', 'rate'] } },
      runs: folder(),
    });
    const { test, assessment } = summaryOf(run);
    expect(test.targets.map(({ name }) => name)).to.deep.equal(['price', 'rate']);
    for (const { r2 } of test.targets) expect(r2).to.be.above(0.4);
    expect(assessment)
      .to.have.property('meanR2')
      .closeTo((test.targets[0]!['r2']! + test.targets[1]!['r2']!) / 2, 1e-12);
    const model = await loadRegressor(run);
    const [one] = model.predict([[1, 1]]);
    expect(model.columns).to.deep.equal(['x', 'y']);
    model.dispose();
    expect(one!['price']).to.be.within(950, 1110);
    expect(one!['rate']).to.be.within(-0.001, 0.003);
    expect((await evaluateRun(run, { data })).targets!.map(({ name }) => name)).to.deep.equal(['price', 'rate']);
    const report = readFileSync(join(run, 'report.html'), 'utf8');
    expect(report).to.include('mean R² of the 2 numbers').and.include('>rate</h3>');
  });

  it('names the column and the line of what is wrong with several numbers', () => {
    const path = join(folder(), 'wrong.csv');
    const opened = (text: string, label: (string | number)[], task?: 'classification') => () => {
      writeFileSync(path, text);
      return openDataset(path, { label, ...(task && { task }) });
    };
    const body = '\n1,2,3\n4,5,6\n7,8,1\n';
    expect(opened(`a,b,c${body}`, ['b', 'c'])().train.targets).to.deep.equal(Float64Array.of(2, 3, 5, 6, 8, 1));
    expect(opened(`a,b,c${body}`, ['c', 'b'])().train.targets).to.deep.equal(Float64Array.of(3, 2, 6, 5, 1, 8));
    expect(opened(`a,b,c${body}`, ['b', 'x'])).to.throw(/no column is named 'x'/);
    expect(opened(`a,b,c${body}`, ['b', 'b'])).to.throw(/names column b twice/);
    expect(opened(`a,b,c${body}`, ['a', 'b', 'c'])).to.throw(/names all 3 columns/);
    expect(opened('a,b,c\n1,2,3\n4,,6\n', ['b', 'c'])).to.throw(/line 3 has no label in 'b'/);
    expect(opened('a,b,c\n1,2,3\n4,5,many\n', ['b', 'c'])).to.throw(/line 3: 'many' in the label column 'c'/);
    expect(opened(`a,b,c${body}`, ['b', 'c'], 'classification')).to.throw(
      /line 2: '2' .* 'b' means neither yes nor no/,
    );
  });

  it('goes on after a stop to the same bytes', async () => {
    const data = table(join(folder(), 'resume.csv'), 60);
    const whole = await tinyRun(join(folder()), { data });
    const stopped = await tinyRun(join(folder()), { data, units: 4 });
    await resumeSearch(stopped);
    expect(summaryOf(stopped).resultHash).to.equal(summaryOf(whole).resultHash);
  });

  it('refuses by field name what applies only to classes', () => {
    const refused: [SearchConfigInput, RegExp][] = [
      [{ data: { labelNoise: 0.1 } }, /data\.labelNoise changes classes/],
      [{ search: { labelSmoothing: 0.1 } }, /search\.labelSmoothing/],
      [{ retrain: { labelSmoothing: 0.1 } }, /retrain\.labelSmoothing/],
      [{ search: { regularizer: { name: 'l2-anchor' } } }, /search\.regularizer/],
      [{ forgetting: { measure: true } }, /forgetting\.measure/],
      [{ objectives: ['accuracy', 'parameters'] }, /objectives names accuracy/],
    ];
    for (const [input, message] of refused) expect(() => requireFitForTargets(checkConfig(input))).to.throw(message);
    expect(() => requireFitForTargets(checkConfig({}))).not.to.throw();
  });

  it('rewards 1 for a network without error, 1/2 for the mean, and more for a smaller error', () => {
    const { reward } = objectiveOf(
      { task: { kind: 'regression', inputShape: [2], classes: 1 }, card: { classNames: [] } } as never,
      checkConfig({}).search,
    );
    const of = (loss: number): number => reward({ loss, accuracy: null });
    expect([of(0), of(1), of(NaN)]).to.deep.equal([1, 0.5, 0]);
    expect(of(5)).to.be.above(of(6)).and.above(0);
    expect(guessingLoss({ kind: 'regression', inputShape: [2], classes: 3 })).to.equal(1);
  });

  it('clips plain gradient steps unless a bound is set, and nothing in classification', () => {
    const task = { kind: 'regression', inputShape: [2], classes: 1 } as const;
    const config = checkConfig({ retrain: { optimizer: { name: 'nesterov', clipNorm: 7 } } });
    const settled = settle(config, { task });
    expect(settled.search.optimizer).to.include({ name: 'nesterov', clipNorm: 1 });
    expect(settled.retrain.optimizer).to.include({ clipNorm: 7 });
    expect(settle(config, { task: { inputShape: [2], classes: 2 } })).to.equal(config);
    const adam = checkConfig({ search: { optimizer: { name: 'adam' } } });
    expect(settle(adam, { task }).search.optimizer).not.to.have.property('clipNorm', 1);
  });
});
