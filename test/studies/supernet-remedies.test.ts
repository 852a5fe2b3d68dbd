import { expect } from 'chai';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { nasBench201, toBenchmark } from '../../search-spaces/nas-bench-201.js';
import { defineDataset } from '../../src/data/index.js';
import { loadStudy } from '../../src/api/registry.js';
import { type Parts, type PerformUnits, runStudy, StudyStopped } from '../../src/studies/index.js';
import { armNames } from '../../studies/supernet-remedies/arms.js';
import { reducedImages } from '../../studies/supernet-remedies/reduced.js';
import { type Supernet, type SupernetPayload, supernetUnit } from '../../studies/supernet-remedies/supernet.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { temporaryFolder } from '../runs/temporary.js';

const parts: Parts = { space: () => Promise.resolve(nasBench201), controller: () => Promise.resolve(random) };
const CELLS = 60;

describe('the study of remedies in the supernet', function () {
  this.timeout(240_000);
  const folder = temporaryFolder(this);
  before(() => loadBackend());

  /** A table whose truth is a number of the cell's text. */
  const table = (): string => {
    const path = join(folder(), 'table.csv');
    const space = nasBench201.create({}, { inputShape: [32, 32, 3], classes: 10 });
    const rng = stream(1, 'table');
    const cells = new Set(Array.from({ length: 2 * CELLS }, () => toBenchmark(space.sample(rng))));
    writeFileSync(
      path,
      `ArchitectureString,CIFAR10TestAccuracy200Epochs\n${[...cells].map((cell) => `${cell},${truthOf(cell)}`).join('\n')}\n`,
    );
    return path;
  };
  const truthOf = (text: string): number =>
    [...text].reduce((sum, letter, i) => (31 * sum + i * letter.charCodeAt(0)) % 997, 7);

  /** Supernets that know the truth, the better the less they forget. */
  const knowing =
    (asked: string[], { stopAt = Infinity } = {}): PerformUnits =>
    (requests) => {
      const space = nasBench201.create({ filters: 8, cells: 1 }, { inputShape: [32, 32, 3], classes: 10 });
      return Promise.resolve(
        requests.map(({ payload }) => {
          const { arm, seed, cells } = payload as unknown as SupernetPayload;
          if (asked.length >= stopAt) throw new StudyStopped('stopped');
          asked.push(`${arm} ${seed}`);
          const noise = 600 - 80 * armNames.indexOf(arm);
          const rng = stream(seed, arm);
          const scores = cells.map((cell) => truthOf(toBenchmark(space.decode(cell))) + noise * rng.uniform());
          const supernet: Supernet = {
            accuracy: scores,
            loss: scores,
            'mean accuracy': scores,
            'mean loss': scores,
            steps: 10,
            trainLoss: 1,
            forgetting: noise / 1000 + seed / 1e5,
            relativeForgetting: noise / 1000,
          };
          return { ...supernet };
        }),
      );
    };

  it('claims what holds for all seeds, answers whether less forgetting ranks better, and continues where it was stopped', async () => {
    const study = await loadStudy('supernet-remedies');
    const options = { table: table(), cells: CELLS, seeds: 2 };
    const asked: string[] = [];
    const out = join(folder(), 'study');
    const first = await runStudy(study, { folder: out, parts, options, perform: knowing(asked, { stopAt: 5 }) }).catch(
      (error: unknown) => error,
    );
    expect(first).to.be.instanceOf(StudyStopped);
    const again: string[] = [];
    const { rows, verdict } = await runStudy(study, { folder: out, parts, options, perform: knowing(again) });
    expect([...asked, ...again]).to.deep.equal([1, 2].flatMap((seed) => armNames.map((arm) => `${arm} ${seed}`)));

    const row = (id: string) => rows.find((one) => one.id === id)!;
    expect(row('all/gain').met).to.equal(true);
    expect(row('all/tau').measured).to.be.above(row('plain/tau').measured as number);
    expect(row('ranked by loss/above-plain').measured).to.equal(0);
    expect(row('forgetting/tau').measured).to.be.above(0.5);
    expect(verdict)
      .to.match(/cells are ordered better by .*'all'/)
      .and.to.match(/forget less order better/);
  });

  it('reduces images to the means of squares, and refuses sides that the factor does not divide', () => {
    const images = Uint8Array.from({ length: 2 * 4 * 2 * 3 }, (_, i) => i);
    const dataset = defineDataset({
      ...{ name: 'tiny', inputShape: [4, 2, 3], classes: 2 },
      train: { images, labels: Uint8Array.of(0, 1) },
    });
    const { inputShape, train, test } = reducedImages(dataset, 2);
    expect([inputShape, test]).to.deep.equal([[2, 1, 3], undefined]);
    // Pixels of a line are 3 apart, lines 6, examples 24: the mean of a square is 4.5 above its first pixel.
    expect([...train.images]).to.deep.equal(
      [0, 12, 24, 36].flatMap((first) => [5, 6, 7].map((value) => first + value)),
    );
    expect(
      reducedImages({ ...dataset, train: { ...dataset.train, images: Float32Array.from(images) } }, 2).train.images[0],
    ).to.equal(4.5);
    expect(reducedImages(dataset, 1)).to.equal(dataset);
    expect(() => reducedImages(dataset, 4)).to.throw('images of 4x2 pixels cannot be reduced by 4');
  });

  it('trains a supernet of every kind and evaluates cells with it, reproducibly, leaving no tensor', async () => {
    const space = nasBench201.create({ filters: 2, cells: 1 }, { inputShape: [4, 4, 1], classes: 10 });
    const rng = stream(1, 'cells');
    const payload = {
      seed: 1,
      data: 'digits',
      examples: 100,
      epochs: 5,
      batchSize: 16,
      channels: 2,
      reduce: 2,
      learningRate: 0.05,
      judged: 20,
      alpha: 10,
      cells: Array.from({ length: 3 }, () => space.encode(space.sample(rng))),
    };
    const setting = { parts, progress: () => undefined, shouldStop: () => false };
    const before = tf.memory().numTensors;
    for (const arm of ['all, wpl', 'plain']) {
      const found = (await supernetUnit({ ...payload, arm }, setting)) as unknown as Supernet;
      expect(found.accuracy).to.have.length(3);
      expect([found.forgetting, found.trainLoss, ...found['mean loss']].every(Number.isFinite)).to.equal(true);
      expect(found.loss).not.to.deep.equal(found['mean loss']);
      if (arm === 'plain') expect(await supernetUnit({ ...payload, arm }, setting)).to.deep.equal(found);
    }
    expect(tf.memory().numTensors).to.equal(before);

    // Stopped twice, it continues at the last epoch's end and gives the same.
    const own = join(folder(), 'unit');
    const whole = await supernetUnit({ ...payload, arm: 'all, wpl' }, setting);
    const begins: number[] = [];
    let found: unknown;
    for (let attempt = 0; found === undefined && attempt < 9; attempt++) {
      let asked = 0;
      begins.push(Infinity);
      const progress = (done: number): void => void (begins[attempt] = Math.min(begins[attempt]!, done));
      found = await supernetUnit(
        { ...payload, arm: 'all, wpl' },
        { ...setting, folder: own, progress, shouldStop: () => attempt < 2 && ++asked === 2 },
      ).catch((error: unknown) => {
        if (!(error instanceof StudyStopped)) throw error;
      });
    }
    expect(found).to.deep.equal(whole);
    expect(begins).to.have.length(3);
    expect(begins[1]).to.be.above(begins[0]!);
    expect(begins[2]).to.be.above(begins[1]!);
    expect(readdirSync(own)).to.deep.equal([]);
    expect(tf.memory().numTensors).to.equal(before);
  });
});
