/**
 * Forecasts as changes from the last row of a window: their units, that every space computes them inside its graph, and
 * a trend that leads out of what the network has seen.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { conv1dSpace } from '../../search-spaces/conv-1d.js';
import { elasticTransformer } from '../../search-spaces/elastic-transformer.js';
import { lstmSpace } from '../../search-spaces/lstm.js';
import { mlp } from '../../search-spaces/mlp.js';
import { rnnCell } from '../../search-spaces/rnn-cell.js';
import { transformer } from '../../search-spaces/transformer.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { exportModel } from '../../src/export/index.js';
import { evaluateRun, exportRun, loadRegressor, proxyNamed, proxyScore, runSearch } from '../../src/index.js';
import { openLabelled } from '../../src/search/labelled-data.js';
import { type Child, createChild } from '../../src/supernet/child.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import { runOnnx } from '../export/onnx-runtime.js';
import { randomModel } from '../export/trained.js';
import { temporaryFolder } from '../runs/temporary.js';

describe('forecasts as changes', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const written = (name: string, text: string): string => {
    const path = join(folder(), name);
    writeFileSync(path, text);
    return path;
  };
  const open = (source: string, data: SearchConfigInput['data'] = {}) =>
    openLabelled(checkConfig({ data: { source, window: 3, task: 'regression', label: 'y', ...data } }));

  before(() => loadBackend('cpu'));

  it('have a mean of 0 and a deviation of 1, and so do differences within a window', () => {
    const values = Array.from({ length: 60 }, (_, i) => 100 + 2 * i + Math.sin(i * i));
    const { task, card, record } = open(
      written('rise.csv', `x,y\n${values.map((y, i) => `${(7 * i) % 5},${y}`).join('\n')}\n`),
    );
    // 60 rows: 12 are the test part, a share of the rest the validation part.
    const rows = (record as unknown as { splits: { train: { count: number } } }).splits.train.count;
    const windows = Array.from({ length: rows }, (_, i) => values.slice(i, i + 3));
    const changes = windows.map(([, , last], i) => values[i + 3]! - last!);
    const drift = changes.reduce((sum, one) => sum + one, 0) / rows;
    const deviation = Math.sqrt(changes.reduce((sum, one) => sum + (one - drift) ** 2, 0) / rows);
    const apart = Math.sqrt(windows.reduce((sum, [a, b, c]) => sum + (a! - c!) ** 2 + (b! - c!) ** 2, 0) / (2 * rows));
    const spread = card.normalization!.std[1]!;
    expect(task.change!.column).to.equal(1);
    expect(task.change!.input).to.be.closeTo(spread / apart, 1e-5);
    expect(task.change!.output).to.be.closeTo(spread / deviation, 1e-4);
    expect(card.targets!.std[0]).to.be.closeTo(deviation, 1e-5);
    expect(card.targets!.mean[0]).to.be.closeTo(card.normalization!.mean[1]! + drift, 1e-4);
    expect(record).to.have.property('change').that.deep.equals(task.change);
  });

  it('are made where the window contains the past, unless the value itself is asked for', () => {
    const path = written('plain.csv', `x,y\n${Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 5}`).join('\n')}\n`);
    const changes = (data: SearchConfigInput['data']): boolean => open(path, data).task.change !== undefined;
    expect(changes({})).to.equal(true);
    expect(changes({ forecast: 'value' })).to.equal(false);
    expect(changes({ horizon: 0 })).to.equal(false);
    expect(changes({ window: 1 })).to.equal(false);
    expect(changes({ task: 'classification', horizon: 1 })).to.equal(false);
    expect(() => open(path, { window: 1, forecast: 'change' })).to.throw(/windows of at least two rows/);
    expect(() => open(path, { window: undefined, forecast: 'value' })).to.throw(/data\.forecast applies to windows/);
    expect(open(path).account!.join('\n')).to.include('changes from the last row of the window');
    // A straight line has no deviation at all from its drift.
    const line = open(written('line.csv', `y\n${Array.from({ length: 60 }, (_, i) => i).join('\n')}\n`));
    expect(line.task.change!.output).to.be.finite;
  });

  const change = { column: 1, input: 1.7, output: 2.3 };
  for (const [factory, options] of [
    [conv1dSpace, { layers: 2, filters: 3, direct: true }],
    [mlp, { depth: 1, widths: [4] }],
    [rnnCell, { nodes: 2, hidden: 3, embedding: 4 }],
    [lstmSpace, { layers: 2, hidden: 3 }],
    [transformer, { depth: 2, width: 4, heads: [1, 2] }],
    [elasticTransformer, { widths: [3, 5], depths: [2], heads: [1, 2], headSize: 2, ratios: [1] }],
  ] as const)
    it(`are computed inside the graph of ${factory.name}, and of its export`, async () => {
      const task = { kind: 'regression', inputShape: [1, 5, 2], classes: 1, change } as const;
      const model = randomModel(factory, options, { task, seed: 3 });
      const { child, store, normalization } = model;
      const scaled = (window: readonly number[]): number[] =>
        window.map((x, i) => (x - normalization.mean[i % 2]!) / normalization.std[i % 2]!);
      const run = ({ forward }: Child, values: readonly number[], columns: number): number =>
        tf.tidy(
          () =>
            forward(
              store.parameters,
              store.statistics,
              tf.tensor4d([...values], [1, 1, 5, columns]),
              FINAL_EVALUATION,
            ).dataSync()[0]!,
        );
      const window = Array.from({ length: 10 }, (_, i) => 9 * Math.sin(i * i));
      const x = scaled(window);
      const predicted = run(child, x, 2);
      // The same weights in a network of the value itself, whose third column are the differences from the last row.
      const space = factory.create(options, { kind: 'regression', inputShape: [1, 5, 3], classes: 1 });
      const plain = createChild(space, space.decode(child.encoding));
      const rows = x.flatMap((value, i) => (i % 2 === 0 ? [value] : [value, (value - x[9]!) * change.input]));
      expect(predicted).to.be.closeTo(run(plain, rows, 3) + x[9]! * change.output, 1e-5);

      // Ones have no differences, but what flows through the weights is the same.
      if (factory === conv1dSpace) {
        const flow = (network: Child, columns: number): number => {
          const inputs = tf.zeros([1, 1, 5, columns]);
          return proxyScore(proxyNamed('synflow'), network, store, { inputs, labels: tf.zeros([1, 1]) });
        };
        expect(flow(child, 2)).to.be.above(0);
        expect(flow(child, 2) / flow(plain, 3)).to.be.closeTo(1, 1e-5);
      }

      const targets = { names: ['y'], mean: [50], std: [4] };
      const file = (await exportModel({ ...model, card: { ...model.card, targets } }))['model.onnx'] as Uint8Array;
      const { values } = await runOnnx(file, Float32Array.from(window), [1, 1, 5, 2]);
      expect(values!.data[0]).to.be.closeTo(predicted * 4 + 50, 1e-4);
      store.dispose();
    });

  it('follow a trend out of the range that was seen, in evaluation, prediction and export alike', async () => {
    const rng = stream('trend');
    const values = Array.from({ length: 260 }, (_, i) => 0.5 * i + 4 * Math.sin((2 * Math.PI * i) / 8) + rng.normal());
    const source = written('trend.csv', `y\n${values.map((value) => value.toFixed(4)).join('\n')}\n`);
    const searched = (forecast: 'change' | 'value') =>
      runSearch({
        space: conv1dSpace,
        controller: random,
        config: {
          backend: 'cpu',
          compile: 'off',
          data: { source, window: 8, label: 'y', task: 'regression', ...(forecast === 'value' && { forecast }) },
          space: { layers: 1, filters: 4, sizes: [3], dilations: [1], reductions: 0, direct: true },
          search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0, batchSize: 32, rewardBatchSize: 8 },
          derive: { candidates: 1, random: 0, batchSize: 8 },
          retrain: { epochs: 15, batchSize: 32, optimizer: { name: 'adam', learningRate: 0.02 } },
        },
        runs: folder(),
      });
    const r2Of = ({ summary }: Awaited<ReturnType<typeof searched>>): number =>
      (summary as unknown as { test: { targets: { r2: number }[] } }).test.targets[0]!.r2;
    const outcome = await searched('change');
    const { run } = outcome;
    expect(r2Of(outcome)).to.be.above(0.8);
    expect(r2Of(await searched('value'))).to.be.below(r2Of(outcome) - 0.05);

    expect((await evaluateRun(run)).targets![0]!.r2!.value).to.be.closeTo(r2Of(outcome), 1e-3);
    const model = await loadRegressor(run);
    const next = (one: typeof model): number => one.predictFiles([source])[0]!.values['y']!;
    expect(next(model)).to.be.closeTo(values.at(-1)!, 10);
    const { folder: exported } = await exportRun(run, { out: join(folder(), 'export') });
    const again = await loadRegressor(exported);
    expect(next(again)).to.be.closeTo(next(model), 1e-3);
    for (const one of [model, again]) one.dispose();
    expect(readFileSync(join(exported, 'MODEL.md'), 'utf8')).to.include('change from the last row of the window');
  });
});
