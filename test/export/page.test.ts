/** The page of an export in a real browser: its answers are those of `weft predict`, whatever it is asked about. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import jpeg from 'jpeg-js';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { type Column, readDigits, UNKNOWN, whiteOf } from '../../src/data/index.js';
import { exportModel } from '../../src/export/index.js';
import {
  loadModel,
  type LoadedModel,
  type NamedPrediction,
  type SpaceFactory,
  stream,
  type Task,
  tf,
} from '../../src/index.js';
import { type Model } from '../../src/search/model.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import { mlp } from '../../search-spaces/mlp.js';
import { rnnCell } from '../../search-spaces/rnn-cell.js';
import { withOrientation } from '../data/files.js';
import { ARGUMENTS, EXECUTABLE, expectLayout, openExportPage, serve } from './chromium.js';
import { finishedRun } from './finished-run.js';
import { randomModel } from './trained.js';

/** Float32 kernels of two implementations. */
const SAME = 1e-5;
/** Decoders of JPEG round differently, and enlarge colour differently. */
const SAME_JPEG = 0.02;

const COLUMNS: Column[] = [
  { name: 'width "cm"', kind: 'number', missing: 3 },
  { name: 'id', kind: 'left out', reason: 'an identifier' },
  { name: 'colour', kind: 'category', categories: ['blue', '<b>red</b>'] },
  { name: 'length', kind: 'number', missing: 0 },
  { name: 'when', kind: 'date', order: 'dmy', missing: 2 },
];
const WORDS = [UNKNOWN, '<eos>', 'the', 'cat', 'sat', '&amp;'];

interface Case {
  readonly factory: SpaceFactory;
  readonly options: object;
  readonly task: Task;
  readonly source: string;
  readonly normalization: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly classNames?: readonly string[];
  readonly record?: object;
  readonly level?: 'word';
}

const CASES: Readonly<Record<string, Case>> = {
  digits: {
    factory: mlp,
    options: { depth: 1, widths: [24] },
    task: { inputShape: [8, 8, 1], classes: 10 },
    source: 'digits',
    normalization: { mean: [4.9], std: [6] },
  },
  photos: {
    factory: mlp,
    options: { depth: 1, widths: [24] },
    task: { inputShape: [12, 16, 3], classes: 12 },
    source: 'photos',
    normalization: { mean: [130, 120, 110], std: [60, 55, 50] },
    classNames: Array.from({ length: 12 }, (_, i) => `class <i>${i}</i>`),
  },
  rows: {
    factory: mlp,
    options: { depth: 2, widths: [8] },
    task: { inputShape: [1, 1, 11], classes: 3 },
    source: 'flowers.csv',
    normalization: {
      mean: [2, 0.1, 0.5, 0.5, 10, 18000, 0, 0, 0, 0, 0.1],
      std: [1, 0.3, 0.5, 0.5, 4, 5000, 0.7, 0.7, 0.7, 0.7, 0.3],
    },
    record: { encoding: COLUMNS },
  },
  text: {
    factory: rnnCell,
    options: { nodes: 3, hidden: 6, embedding: 4 },
    task: { kind: 'language', inputShape: [4], classes: WORDS.length },
    source: 'text.txt',
    normalization: { mean: [0], std: [1] },
    classNames: WORDS,
    level: 'word',
  },
};

describe('the page of an export', function () {
  let folder = '';
  let browser: Browser;
  let server: Server;
  let address = '';
  const models: Record<string, Model> = {};
  const predictors: Record<string, LoadedModel> = {};
  const complaints: string[] = [];

  before(async function () {
    if (!existsSync(EXECUTABLE)) this.skip(); // no Chromium on this machine
    folder = mkdtempSync(join(tmpdir(), 'weft-page-'));
    await loadBackend('cpu');
    const folders: Record<string, Awaited<ReturnType<typeof exportModel>>> = {};
    for (const [
      name,
      { factory, options, task, source, normalization, classNames, record = {}, level },
    ] of Object.entries(CASES)) {
      const drawn = randomModel(factory, options, { task, seed: 3 });
      const card = {
        ...drawn.card,
        normalization: { mean: [...normalization.mean], std: [...normalization.std] },
        ...(classNames && { classNames: [...classNames] }),
        ...(level && { level }),
      };
      const model = { ...drawn, card, normalization };
      models[name] = model;
      folders[name] = await exportModel(model, {
        largestPixel: whiteOf(source, normalization),
        record: { name, sources: [], splits: { test: { count: 9 } }, ...record },
      });
      if (!level) {
        mkdirSync(join(folder, name));
        const run = finishedRun(join(folder, name), model, { data: { source } }, record);
        predictors[name] = await loadModel(run, { space: factory, backend: 'cpu' });
      }
    }
    const dist = 'node_modules/onnxruntime-web/dist';
    const onnxruntime = Object.fromEntries(
      ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.wasm'].map((file) => [file, readFileSync(join(dist, file))]),
    );
    ({ server, address } = await serve({ ...folders, onnxruntime }));
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  });
  after(async () => {
    await browser?.close();
    server?.close();
    if (folder) rmSync(folder, { recursive: true });
    for (const { store } of Object.values(models)) store.dispose();
    for (const model of Object.values(predictors)) model.dispose();
  });

  const pages: Record<string, Page> = {};
  /**
   * The page of an export, opened once. Its complaints are collected; what it computes is computed in plain JavaScript.
   */
  const open = async (name: string): Promise<Page> => {
    return (pages[name] ??= await openExportPage(browser, address, name, complaints));
  };
  const bars = (page: Page): Promise<{ label: string; probability: number }[]> =>
    page.evaluate(
      "[...document.querySelectorAll('#bars li')].map(({ dataset }) => ({ label: dataset.label, probability: Number(dataset.probability) }))",
    );

  /** What the page answers to files that are chosen together, in their order. */
  const asked = async (
    page: Page,
    paths: readonly string[],
  ): Promise<{ file: string; label: string; probability: number }[]> => {
    await page.evaluate("document.querySelector('#answers tbody').replaceChildren()");
    await page.setInputFiles('#file', [...paths]);
    await page.waitForFunction(
      `document.querySelectorAll('#answers tbody tr').length === ${paths.length} || document.getElementById('message').textContent`,
      undefined,
      { timeout: 60_000 },
    );
    expect(await page.textContent('#message')).to.equal('');
    return page.evaluate(
      "[...document.querySelectorAll('#answers tbody tr')].map(({ dataset }) => ({ file: dataset.file, label: dataset.label, probability: Number(dataset.probability) }))",
    );
  };
  const compare = (
    found: readonly { file: string; label: string; probability: number }[],
    expected: readonly NamedPrediction[],
    tolerance: number,
  ): void => {
    expect(found.map(({ file }) => file)).to.deep.equal(expected.map(({ name }) => basename(name)));
    expected.forEach(({ name, label, probability, probabilities }, i) => {
      expect(found[i]!.probability, name).to.be.closeTo(probability, tolerance);
      const [first, second] = [...probabilities].sort((a, b) => b - a);
      if (first! - second! > 2 * tolerance) expect(found[i]!.label, name).to.equal(label);
    });
    expect(new Set(found.map(({ label }) => label)).size).to.be.above(2);
  };

  it('classifies 50 images of digits, of many sizes, as predict does', async () => {
    const pixels = readDigits().test!.images;
    const paths = Array.from({ length: 50 }, (_, i) => {
      // Each pixel as a block; every third one grows by one axis only.
      const [high, wide] = [1 + (i % 4), i % 3 === 0 ? 1 : 1 + (i % 4)];
      const png = new PNG({ width: 8 * wide, height: 8 * high });
      for (let y = 0; y < png.height; y++)
        for (let x = 0; x < png.width; x++) {
          const grey = Math.min(
            255,
            16 * pixels[64 * i + 8 * Math.floor(y / high) + Math.floor(x / wide)]! + ((x + y) % 3),
          );
          png.data.set([grey, grey, grey, 255], 4 * (y * png.width + x));
        }
      return write(`digit${i}.png`, PNG.sync.write(png));
    });
    const page = await open('digits');
    compare(await asked(page, paths), predictors['digits']!.predictFiles(paths), SAME);
  });

  const write = (name: string, content: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  /** A picture of waves, its colours and their directions at random. */
  const waves = (seed: number, width: number, height: number, alpha = false): Uint8Array => {
    const rng = stream(seed, 'waves');
    const [a, b, c] = Array.from(
      { length: 3 },
      () => [rng.uniform() - 0.5, rng.uniform() - 0.5, 6 * rng.uniform()] as const,
    );
    return Uint8Array.from({ length: 4 * width * height }, (_, i) => {
      const [x, y] = [(i >> 2) % width, Math.floor((i >> 2) / width)];
      if (i % 4 === 3) return alpha ? (17 * x + 31 * y) % 256 : 255;
      const [dx, dy, phase] = [a, b, c][i % 4]!;
      return Math.round(127 + 110 * Math.sin(dx * x + dy * y + phase) + 15 * rng.uniform());
    });
  };

  it('classifies 50 photos, of many sizes, some of them transparent, as predict does', async () => {
    const paths = Array.from({ length: 50 }, (_, i) => {
      const [width, height] = [8 + ((i * 13) % 70), 8 + ((i * 29) % 90)];
      const png = new PNG({ width, height });
      png.data = Buffer.from(waves(i, width, height, i % 5 === 0));
      return write(`photo${i}.png`, PNG.sync.write(png));
    });
    const page = await open('photos');
    compare(await asked(page, paths), predictors['photos']!.predictFiles(paths), SAME);
    expect(await bars(page)).to.have.length(10);
    await page.click('#more');
    const all = await bars(page);
    const { probabilities } = predictors['photos']!.predictFiles(paths.slice(-1))[0]!;
    expect(all.map(({ probability }) => probability)).to.deep.equal(
      all.map(({ probability }) => probability).sort((a, b) => b - a),
    );
    for (const { label, probability } of all)
      expect(probability).to.be.closeTo(probabilities[CASES['photos']!.classNames!.indexOf(label)]!, SAME);
  });

  // The case img-browser-skew.
  it('rotates JPEGs as predict does, and differs by no more than decoders do', async () => {
    const turned = Array.from({ length: 8 }, (_, i) => {
      const [width, height] = [48 + 8 * i, 40];
      const { data } = jpeg.encode({ width, height, data: Buffer.from(waves(100 + i, width, height)) }, 95);
      return write(`turned${i}.jpg`, withOrientation(data, i + 1));
    });
    const page = await open('photos');
    const expected = predictors['photos']!.predictFiles(turned);
    compare(await asked(page, turned), expected, SAME_JPEG);
  });

  it('has a drawing pad for drawn data, and none for photos', async () => {
    const page = await open('digits');
    await page.click('#clear');
    expect(await bars(page)).to.have.length(0);
    const box = (await page.locator('#drawing').boundingBox())!;
    await page.mouse.move(box.x + 140, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 150, box.y + 240, { steps: 5 });
    await page.mouse.up();
    // The same drawing as a file has the same answer.
    const drawing = await page.evaluate<string>(
      "document.getElementById('drawing').toDataURL('image/png').split(',')[1]",
    );
    const [expected] = predictors['digits']!.predictFiles([write('drawn.png', Buffer.from(drawing, 'base64'))]);
    const drawn = await bars(page);
    expect(drawn[0]!.probability).to.be.closeTo(expected!.probability, SAME);
    expect(drawn[0]!.label).to.equal(expected!.label);
    await page.click('#clear');
    expect(await bars(page)).to.have.length(0);
    const photos = await open('photos');
    expect(await photos.locator('#drawing').count()).to.equal(0);
  });

  it('names a file that is not an image, and continues with the next', async () => {
    const page = await open('photos');
    await page.setInputFiles('#file', [write('notes.png', Buffer.from('no picture'))]);
    await page.waitForFunction("document.getElementById('message').textContent");
    expect(await page.textContent('#message')).to.match(/notes\.png cannot be read/);
  });

  it('classifies rows of a table as predict does, with unknown numbers and categories', async () => {
    const page = await open('rows');
    const labels = await page.evaluate<string[]>(
      "[...document.querySelectorAll('#row label')].map((label) => label.firstChild.textContent)",
    );
    expect(labels).to.deep.equal(['width "cm"', 'colour', 'length', 'when']);
    const rows = [
      ['1.5', 'blue', '12.25', '31.01.2024'],
      ['', '<b>red</b>', '7', ''],
      ['-3e-1', 'violet', '100', '29.02.2024'],
      ['4', 'blue', '', '01.12.1999'],
    ];
    const table = write(
      'asked.csv',
      Buffer.from(
        `width "cm",colour,length,when\n`.replace('width "cm"', '"width ""cm"""') +
          rows.map((row) => row.join(',')).join('\n'),
      ),
    );
    const expected = predictors['rows']!.predictFiles([table]);
    for (const [i, [width, colour, length, when]] of rows.entries()) {
      await page.getByLabel('width "cm"').fill(width!);
      await page.getByLabel('length').fill(length!);
      await page.getByLabel('when').fill(when!.split('.').reverse().join('-'));
      await page.getByLabel('colour').selectOption(String(['blue', '<b>red</b>'].indexOf(colour!)));
      const found = await bars(page);
      for (const { label, probability } of found)
        expect(probability).to.be.closeTo(expected[i]!.probabilities[Number(label)]!, SAME);
    }
  });

  it('continues a text as the network does', async () => {
    const page = await open('text');
    await page.fill('#text', 'a dog and the cat\nsat the');
    const { child, store } = models['text']!;
    // The last four tokens.
    const ids = [3, 1, 4, 2];
    const expected = tf.tidy(
      () =>
        tf
          .softmax(child.forward(store.parameters, store.statistics, tf.tensor2d([ids]), FINAL_EVALUATION))
          .arraySync() as number[][][],
    )[0]![3]!;
    const found = await bars(page);
    expect(found).to.have.length(WORDS.length);
    for (const { label, probability } of found)
      expect(probability).to.be.closeTo(expected[WORDS.indexOf(label)]!, SAME);
    await page.click('#write');
    await page.waitForFunction("document.getElementById('text').value.length > 40");
  });

  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const)
    it(`fits ${width} pixels, ${colorScheme}, with an accessible name for every control`, async () => {
      for (const name of Object.keys(CASES)) {
        await expectLayout(await open(name), { name, width, colorScheme });
      }
    });

  it('makes no requests and logs no errors', () => expect(complaints).to.deep.equal([]));

  it('gives weft’s results on the WebGL backend', async function () {
    const page = await open('digits');
    const pixels = [...readDigits().test!.images.subarray(0, 20 * 64)];
    const actual = await page.evaluate<number[][] | null>(`(async () => {
      if (!(await tf.setBackend('webgl').catch(() => false))) return null;
      const model = await tf.loadGraphModel('./model.json');
      return model.execute(tf.tensor(${JSON.stringify(pixels)}, [20, 8, 8, 1]), 'probabilities').arraySync();
    })()`);
    if (!actual) return this.skip(); // no WebGL in this Chromium
    const expected = predictors['digits']!.predict(
      Array.from({ length: 20 }, (_, i) => pixels.slice(64 * i, 64 * (i + 1))),
    );
    expected.forEach(({ probabilities }, i) =>
      probabilities.forEach((probability, c) => expect(actual[i]![c]).to.be.closeTo(probability, 1e-3)),
    );
  });

  it('comes with an ONNX file that onnxruntime runs in the same browser', async () => {
    const page = await open('rows');
    const { mean, std } = CASES['rows']!.normalization;
    const rows = [-1, 0.5].map((shift) => mean.map((value, i) => value + shift * std[i]!));
    const found = await page.evaluate<number[]>(`(async () => {
      const { env, InferenceSession, Tensor } = await import('/onnxruntime/ort.wasm.bundle.min.mjs');
      env.wasm.numThreads = 1;
      env.wasm.wasmPaths = { wasm: '/onnxruntime/ort-wasm-simd-threaded.wasm' };
      const session = await InferenceSession.create('model.onnx');
      const input = new Tensor('float32', ${JSON.stringify(rows.flat())}, [2, 1, 1, ${mean.length}]);
      return [...(await session.run({ input })).probabilities.data];
    })()`);
    const expected = predictors['rows']!.predict(rows).flatMap(({ probabilities }) => probabilities);
    expect(found).to.have.length(expected.length);
    expected.forEach((probability, i) => expect(found[i]).to.be.closeTo(probability, SAME));
  });

  it('says what to do when it is opened as a file or TensorFlow.js is missing', async () => {
    const bare = await browser.newPage();
    await bare.route('**/tf.min.js', (route) => route.abort());
    await bare.goto(`${address}/digits/index.html`);
    await bare.waitForFunction("document.getElementById('message').textContent !== ''");
    expect(await bare.textContent('#message')).to.include('@tensorflow/tfjs');
    await bare.close();
  });
});
