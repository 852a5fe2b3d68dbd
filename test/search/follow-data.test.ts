/** Settings that follow from the data where nobody has chosen them, and that what somebody has chosen stays. */
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkConfig, type RawConfig } from '../../src/config/index.js';
import { runSearch } from '../../src/index.js';
import { partsOf } from '../../src/api/parts.js';
import { checkParts } from '../../src/search/check-parts.js';
import { type SearchData } from '../../src/search/data.js';
import { optionsOf } from '../../src/search/session.js';
import { stream } from '../../src/tensor/rng.js';
import { followData } from '../../src/search/follow-data.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';

const data = (inputShape: readonly number[], examples: number, kind?: string): SearchData =>
  ({
    task: { inputShape, classes: 3, ...(kind !== undefined && { kind }) },
    counts: { train: Math.round(0.8 * examples), validation: examples - Math.round(0.8 * examples), test: 10 },
  }) as unknown as SearchData;
const PHOTOS = data([32, 32, 3], 480);

const follow = (written: RawConfig, of: SearchData = PHOTOS) => {
  const whole = { ...written, data: { source: './mine', ...(written['data'] as object) } };
  return followData(checkConfig(whole), whole, of);
};

describe('settings that follow from the data', () => {
  it('are those of photos, of drawings and of tables, with the reasons', () => {
    const photos = follow({});
    expect(photos.config.data.augment).to.deep.equal({ crop: 4, flip: true });
    expect(photos.config.space).to.include({ name: 'macro-cnn', layers: 4, growth: 2 });
    expect(photos.reasons.join('\n'))
      .to.match(/480 images of 32x32/)
      .and.match(/mirrored/);
    expect(photos.open.retrain).to.be.above(photos.config.retrain.epochs);

    expect(follow({}, data([28, 28, 1], 480)).config.data.augment).to.deep.equal({ shift: 2 });

    expect(follow({}, data([2, 100, 3], 480)).config.data.augment).to.deep.equal({});

    const table = follow({}, data([1, 1, 5], 400));
    expect(table.config.space).to.include({ name: 'mlp', direct: true });
    expect(table.config.data.augment).to.deep.equal({});
    expect(table.config.retrain.optimizer.name).to.equal('adamw');
    expect(table.reasons.join('\n')).to.match(/linear model/);
    // What a squared error loses by memorizing is more than what an accuracy loses.
    const numbers = follow({}, data([1, 1, 5], 400, 'regression'));
    expect(numbers.config.space['keep']).to.be.below(table.config.space['keep'] as number);
    expect(numbers.config.retrain.optimizer).to.include({ weightDecay: 1 });
    expect(numbers.reasons.join('\n')).to.match(/best of which is kept/);
    const long = follow({}, data([1, 1, 20], 800_000)).config;
    expect(long.search.batchSize).to.equal(256);
    expect(long.retrain.epochs).to.equal(5);

    const series = follow({}, data([1, 6, 2], 400));
    expect(series.config.space).to.deep.include({ name: 'conv-1d', dilations: [1, 2], reductions: 0, direct: true });
    expect(series.config.data.augment).to.deep.equal({});
    expect(series.reasons.join('\n')).to.match(/windows of 6 rows/);
  });

  it('give batches that the smallest data can fill', () => {
    for (const shape of [
      [1, 1, 4],
      [32, 32, 3],
      [5, 40, 1],
      [1, 12, 3],
    ])
      for (const examples of [5, 10, 30, 100, 1000, 100_000]) {
        const { config } = follow({}, data(shape, examples));
        expect(config.search.batchSize).to.be.within(2, 0.8 * examples);
        expect(config.retrain.batchSize).to.be.at.most(examples);
      }
  });

  it('give way to what is written, field by field', () => {
    const { config, open, reasons } = follow({
      space: { name: 'micro-cnn' },
      search: { epochs: 7, optimizer: { name: 'adamw' } },
      retrain: { batchSize: 5, optimizer: { name: 'nesterov', learningRate: 0.1 } },
      data: { augment: { shift: 1 } },
    });
    expect(config.space).to.deep.equal({ name: 'micro-cnn' });
    expect(config.search).to.deep.include({ epochs: 7 });
    expect(config.search.optimizer).to.deep.equal(
      checkConfig({ search: { optimizer: { name: 'adamw' } } }).search.optimizer,
    );
    expect(config.retrain).to.deep.include({ batchSize: 5 });
    expect(config.retrain.optimizer).to.include({ learningRate: 0.1, weightDecay: 0.005 });
    expect(config.data.augment).to.deep.equal({ shift: 1 });
    expect(open.search).to.equal(undefined);
    expect(reasons.join('\n')).not.to.match(/macro-cnn|mirrored/);
    // Patience keeps the best epoch, as it does without these settings.
    expect(follow({ retrain: { patience: 5 } }, data([1, 1, 5], 400)).config.retrain.keep).to.equal(undefined);
    // A space by name has options that suit the data; one option named, and all are the user's.
    expect(follow({ space: { name: 'macro-cnn' } }).config.space).to.include({ layers: 4 });
    expect(follow({ space: { layers: 8 } }).config.space).to.deep.equal({ name: 'macro-cnn', layers: 8 });
    expect(follow({ controller: { preset: 'paper' } }).config.controller).to.deep.equal({
      name: 'enas',
      preset: 'paper',
    });
  });

  it('are for files of the user without a recipe', () => {
    const text = data([10], 400, 'language');
    for (const [written, of] of [
      [{ recipe: 'digits' }, PHOTOS],
      [{ data: { source: 'cifar10' } }, PHOTOS],
      [{}, text],
    ] as const) {
      const { config, reasons, open } = follow(written, of);
      expect(config).to.deep.equal(checkConfig({ data: { source: './mine' }, ...written }));
      expect(reasons).to.deep.equal([]);
      expect(open).to.deep.equal({ search: undefined, retrain: undefined });
    }
  });
});

describe('a table without further settings', function () {
  const folder = temporaryFolder(this);

  it('is searched with the space for tables, and the account says so', async () => {
    const source = tinyTable(join(folder(), 'data.csv'));
    const parts = await partsOf({ config: { data: { source } }, followData: true });
    expect(parts.space.name).to.equal('mlp');
    expect(parts.data.account!.join('\n')).to.include('settings chosen from the data');
    checkParts(parts);
    const fixed = await partsOf({ config: { data: { source } }, space: 'mlp' });
    expect(fixed.config.space).to.deep.equal({ name: 'mlp' });
    expect(fixed.open).to.equal(undefined);
  });

  it('says what is found in the data, and how long it will take, before anything is trained', async () => {
    const heard: string[] = [];
    await runSearch({
      config: {
        backend: 'cpu',
        budget: 0.001,
        data: { source: tinyTable(join(folder(), 'data.csv')) },
        space: { depth: 1, widths: [2, 3] },
        search: { epochs: 1, rounds: 1, samplesPerRound: 2, probe: 0 },
        derive: { candidates: 2, random: 0 },
        retrain: { epochs: 1 },
      },
      controller: 'random',
      space: 'mlp',
      followData: true,
      runs: folder(),
      onStart: (_run, _backend, account) => heard.push(`start: ${account.join('; ')}`),
      onPlan: ({ seconds }) => heard.push(`plan: ${seconds > 0}`),
      onUnit: () => heard.push('unit'),
    });
    expect(heard[0]).to.match(/^start: 60 rows in 2 classes: even 30, odd 30;.*parts: /);
    expect(heard.slice(1, 3)).to.deep.equal(['plan: true', 'unit']);
  });

  it('keeps no more words than were written where numbers are predicted', async () => {
    const source = join(folder(), 'numbers.csv');
    writeFileSync(
      source,
      `x,price\n${Array.from({ length: 50 }, (_, i) => `${i},${(i * 1.37).toFixed(2)}`).join('\n')}\n`,
    );
    const { config } = await partsOf({ config: { data: { source }, retrain: { keep: 'last' } }, followData: true });
    expect(config.retrain.keep).to.equal('last');
  });

  it('is trained with the same settings where the network is one of that space, and with its own space otherwise', async () => {
    const source = tinyTable(join(folder(), 'data.csv'));
    const parts = (architecture?: string) =>
      partsOf({ config: { data: { source }, space: { name: 'mlp' } }, followData: true, architecture });
    const { config, space, data } = await parts();
    const found = space.create(optionsOf(config.space), data.task);
    const own = await parts(found.encode(found.sample(stream(1, 'own'))));
    expect(own.config).to.deep.equal(config);
    const plain = space.create({}, data.task);
    const other = await parts(plain.encode(plain.sample(stream(1, 'other'))));
    expect(other.config.space).to.deep.equal({ name: 'mlp' });
    expect(other.config.retrain).to.deep.equal(config.retrain);
    expect(other.data.account!.join('\n')).to.include('adamw').and.not.to.include('space mlp');
  });
});
