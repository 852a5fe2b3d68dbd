/**
 * Whatever a run consists of is checked when it is read: one flipped bit, or a part of another run, and it is refused
 * by name.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { evaluate } from '../../src/cli/commands/evaluate.js';
import { exportNetwork } from '../../src/cli/commands/export.js';
import { derive } from '../../src/cli/commands/derive.js';
import { reportInput } from '../../src/api/report.js';
import { readSharpness } from '../../src/api/sharpness-files.js';
import { openResults } from '../../src/jobs/index.js';
import { resumeSearch, tf } from '../../src/index.js';
import { readSummary, sealJson, sha256 } from '../../src/runs/index.js';
import { writeSums } from '../../src/runs/sums.js';
import { loadModel } from '../../src/search/model.js';
import { disposeNamed } from '../../src/tensor/named.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { textPrintedBy } from '../cli/printed.js';
import { said, saidLater } from '../said.js';
import { temporaryFolder } from './temporary.js';
import { tinyRun } from './tiny-run.js';
import { readSafetensors, writeSafetensors } from './safetensors-file.js';

const PARTS = ['manifest.json', 'config.yaml', 'events.jsonl', 'model.json', 'model.safetensors', 'summary.json'];

/** Reads everything of a finished run that a report or an evaluation reads. */
async function readAll(run: string): Promise<void> {
  reportInput(run, mlp);
  const { store } = await loadModel(run, () => Promise.resolve(mlp));
  store.dispose();
}

function flip(path: string, where: number, bit: number): () => void {
  const bytes = readFileSync(path);
  const changed = Buffer.from(bytes);
  const at = Math.floor(where * bytes.length);
  changed[at] = changed[at]! ^ (1 << bit);
  writeFileSync(path, changed);
  return () => writeFileSync(path, bytes);
}

/** What is measured of a finished search is no result, and not among the hashed ones. */
const anyBit = fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 0, max: 7 }));

describe('a finished run', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  before(() => loadBackend('cpu'));

  for (const part of [...PARTS, 'SHA256SUMS'])
    it(`is refused with a flipped bit in ${part}, whichever it is`, async () => {
      const run = await tinyRun(folder());
      await readAll(run);
      await fc.assert(
        fc.asyncProperty(anyBit, async ([where, bit]) => {
          const before = readFileSync(join(run, part));
          const undo = flip(join(run, part), where, bit);
          const refusal = await saidLater(readAll(run)).catch(() => '');
          undo();
          // A hash that nobody asks for, and spaces between two hashes, say nothing.
          if (part === 'SHA256SUMS' && refusal === '') return;
          expect(refusal, `byte ${Math.floor(where * before.length)}`).to.include(run);
        }),
        { numRuns: 40 },
      );
      await readAll(run);
    });

  it('is refused if a file is missing', async () => {
    for (const part of [...PARTS.filter((name) => !/events|summary/.test(name)), 'SHA256SUMS']) {
      const run = await tinyRun(folder());
      rmSync(join(run, part));
      expect(await saidLater(readAll(run)), part).to.include(part === 'model.json' ? 'no trained network' : part);
    }
  });

  it('is restored from its last checkpoint, as the refusal says', async () => {
    const run = await tinyRun(folder());
    const { resultHash } = readSummary(run)!;
    flip(join(run, 'model.safetensors'), 0.9, 3);
    expect(await saidLater(readAll(run))).to.match(
      /model\.safetensors is damaged .*made again from the last checkpoint: weft resume/,
    );
    await resumeSearch(run, { space: mlp, controller: random });
    await readAll(run);
    expect(readSummary(run)!.resultHash).to.equal(resultHash);
  });

  it('can be checked with just sha256sum', async () => {
    const run = await tinyRun(folder());
    const lines = readFileSync(join(run, 'SHA256SUMS'), 'utf8').trim().split('\n');
    expect(lines.map((line) => line.slice(66)).sort()).to.deep.equal([
      'events.jsonl',
      'model.json',
      'model.safetensors',
      'summary.json',
    ]);
    for (const line of lines) expect(sha256(readFileSync(join(run, line.slice(66))))).to.equal(line.slice(0, 64));
  });

  it('with NaN weights is not a result: they are named', async () => {
    const run = await tinyRun(folder());
    const path = join(run, 'model.safetensors');
    const { tensors } = readSafetensors(path);
    const [name] = Object.keys(tensors) as [string];
    const spoilt = { ...tensors, [name]: tf.fill(tensors[name]!.shape, NaN) };
    writeSafetensors(path, spoilt);
    disposeNamed(spoilt);
    tensors[name]!.dispose();
    writeSums(run, Object.fromEntries(PARTS.map((part) => [part, sha256(readFileSync(join(run, part)))])));
    const leaked = tf.memory().numTensors;
    for (const command of [evaluate, exportNetwork])
      expect(await saidLater(textPrintedBy(() => command(run, { json: true })))).to.include(
        `${path}: the weights '${name}' contain NaN`,
      );
    expect(tf.memory().numTensors).to.equal(leaked);
  });
});

describe('an unfinished run', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);
  const goOn = (run: string): Promise<string> => saidLater(resumeSearch(run, { space: mlp, controller: random }));
  const kept = (run: string): string => join(run, 'events.jsonl');

  it('is refused with different events in the part that is kept', async () => {
    const run = await tinyRun(folder(), { units: 8 });
    const events = readFileSync(kept(run), 'utf8');
    writeFileSync(kept(run), events.replace(/"loss":\d/, '"loss":9'));
    expect(readFileSync(kept(run), 'utf8')).to.not.equal(events);
    expect(await goOn(run)).to.match(/events\.jsonl does not match the checkpoint/);
    expect(said(() => reportInput(run, mlp))).to.match(/events\.jsonl does not match the checkpoint/);
    writeFileSync(kept(run), events);
    await resumeSearch(run, { space: mlp, controller: random });
  });

  it('keeps only what a checkpoint knows: a line that was begun after it is cut off', async () => {
    const run = await tinyRun(folder(), { units: 8 });
    writeFileSync(kept(run), '{"type":"weights-st', { flag: 'a' });
    await resumeSearch(run, { space: mlp, controller: random });
    await readAll(run);
  });

  it('is refused with checkpoints and events of another seed', async () => {
    const [run, other] = [await tinyRun(folder(), { units: 8 }), await tinyRun(folder(), { units: 8, seed: 4 })];
    for (const name of ['checkpoints', 'events.jsonl']) {
      rmSync(join(run, name), { recursive: true });
      cpSync(join(other, name), join(run, name), { recursive: true });
    }
    expect(await goOn(run)).to.match(/is a checkpoint of another run/);
    expect(await saidLater(derive2(run))).to.match(/is a checkpoint of another run/);
  });

  it('is refused with checkpoints of the same seed, made by another run', async () => {
    const [run, other] = [await tinyRun(folder(), { units: 8 }), await tinyRun(folder(), { units: 12 })];
    rmSync(join(run, 'checkpoints'), { recursive: true });
    cpSync(join(other, 'checkpoints'), join(run, 'checkpoints'), { recursive: true });
    expect(await goOn(run)).to.match(/is a checkpoint of another run/);
  });

  const derive2 = (run: string): Promise<string> =>
    textPrintedBy(() => derive(run, { top: 1, results: join(run, 'jobs'), json: true }));
});

describe('what is kept next to runs', function () {
  const folder = temporaryFolder(this);

  it('an edited result of a job is not trusted', () => {
    const results = openResults(folder());
    const key = 'ab'.repeat(32);
    results.save({ key, kind: 'train', value: { test: { accuracy: 0.5, loss: 1.25 } } });
    expect(results.find(key)!.value).to.deep.equal({ test: { accuracy: 0.5, loss: 1.25 } });
    const path = join(folder(), `${key}.json`);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('0.5', '0.9999'));
    expect(results.find(key)).to.equal(undefined);
    fc.assert(
      fc.property(anyBit, ([where, bit]) => {
        const undo = flip(path, where, bit);
        const found = results.find(key);
        undo();
        expect(found).to.equal(undefined);
      }),
    );
    writeFileSync(path, text);
    expect(results.find(key)).to.not.equal(undefined);
  });

  it('an edited measurement of sharpness is refused; one of version 0.1 has no hash', () => {
    const path = join(folder(), 'sharpness.json');
    writeFileSync(path, sealJson({ formatVersion: 2, trace: 5 }, 2));
    expect(readSharpness(folder())).to.deep.equal({ child: { formatVersion: 2, trace: 5 } });
    writeFileSync(path, readFileSync(path, 'utf8').replace('5', '6'));
    expect(() => readSharpness(folder())).to.throw(/sharpness\.json is damaged or was changed/);
    writeFileSync(path, '{"formatVersion":2,"trace":5}');
    expect(() => readSharpness(folder())).to.throw(/sharpness\.json is damaged or was changed/);
    writeFileSync(path, '{"trace":5}');
    expect(readSharpness(folder())).to.deep.equal({ child: { trace: 5 } });
  });
});
