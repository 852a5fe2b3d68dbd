import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { readDigits } from '../../src/data/index.js';
import { exportModel } from '../../src/export/index.js';
import { type Model } from '../../src/search/model.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { FINAL_EVALUATION } from '../../src/training/index.js';
import macroCnn from '../../search-spaces/macro-cnn.js';
import { randomModel } from './trained.js';

const EXECUTABLE = '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const EXAMPLES = 40;

describe('an exported network in a browser', function () {
  let browser: Browser;
  let server: Server;
  let page: Page;
  let model: Model;
  const complaints: string[] = [];

  before(async function () {
    if (!existsSync(EXECUTABLE)) this.skip(); // no Chromium on this machine
    await loadBackend('cpu');
    model = randomModel(macroCnn, { layers: 4, filters: 8 }, { seed: 3 });
    const files = await exportModel(model, { largestPixel: 16 });
    server = await serve(files);
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
    page = await browser.newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => new URL(request.url()).hostname !== '127.0.0.1' && complaints.push(request.url()));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`);
    await page.waitForSelector('body[data-ready]');
  });
  after(async () => {
    await browser?.close();
    server?.close();
    model?.store.dispose();
  });

  for (const backend of ['cpu', 'webgl']) {
    it(`classifies digits as weft does, on the ${backend} backend`, async function () {
      const pixels = Float32Array.from(readDigits().test!.images.subarray(0, EXAMPLES * 64));
      const expected = tf.tidy(() => {
        const { mean, std } = model.normalization;
        const x = tf.tensor(
          pixels.map((pixel) => (pixel - mean[0]!) / std[0]!),
          [EXAMPLES, 8, 8, 1],
        );
        return tf
          .softmax(model.child.forward(model.store.parameters, model.store.statistics, x, FINAL_EVALUATION))
          .arraySync() as number[][];
      });
      const actual = await page.evaluate<number[][] | null>(`(async () => {
        if (!(await tf.setBackend('${backend}').catch(() => false))) return null;
        const model = await tf.loadGraphModel('model.json');
        return model.execute(tf.tensor(${JSON.stringify([...pixels])}, [${EXAMPLES}, 8, 8, 1]), 'probabilities').arraySync();
      })()`);
      if (!actual) return this.skip(); // no WebGL in this Chromium
      const tolerance = backend === 'cpu' ? 1e-5 : 1e-3;
      const labels = new Set<number>();
      for (const [i, row] of expected.entries()) {
        row.forEach((probability, c) => expect(actual[i]![c]).to.be.closeTo(probability, tolerance));
        labels.add(largest(row));
        const [first, second] = [...row].sort((a, b) => b - a);
        if (first! - second! > 2 * tolerance) expect(largest(actual[i]!)).to.equal(largest(row));
      }
      expect(labels.size).to.be.above(1);
    });
  }

  it('is tried with a drawing and with a picture, and nothing else is fetched', async () => {
    const shown = async (): Promise<number[]> => {
      const percents = await page.locator('#classes output').allTextContents();
      expect(percents).to.have.length(10);
      return percents.map(Number.parseFloat);
    };
    const empty = await shown();
    const box = (await page.locator('#drawing').boundingBox())!;
    await page.mouse.move(box.x + 140, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 150, box.y + 240, { steps: 5 });
    await page.mouse.up();
    const drawn = await shown();
    expect(drawn).to.not.deep.equal(empty);
    expect(drawn.reduce((a, b) => a + b)).to.be.closeTo(100, 1);

    await page.click('#clear');
    expect(await shown()).to.deep.equal(empty);
    const picture = new PNG({ width: 8, height: 8 });
    picture.data.forEach((_, i) => (picture.data[i] = i % 4 === 3 || (i >> 4) % 2 === 0 ? 255 : 0));
    await page.setInputFiles('#file', { name: 'picture.png', mimeType: 'image/png', buffer: PNG.sync.write(picture) });
    await page.waitForFunction(
      `[...document.querySelectorAll('#classes output')].map((output) => parseFloat(output.textContent)).join() !== '${empty.join()}'`,
    );
    expect((await shown()).reduce((a, b) => a + b)).to.be.closeTo(100, 1);
    expect(complaints).to.deep.equal([]);
  });

  it('says what to do when the page is opened as a file or TensorFlow.js is missing', async () => {
    const bare = await browser.newPage();
    await bare.route('**/tf.min.js', (route) => route.abort());
    await bare.goto(page.url());
    await bare.waitForFunction("document.getElementById('message').textContent !== ''");
    expect(await bare.textContent('#message')).to.include('@tensorflow/tfjs');
    await bare.close();
  });
});

const largest = (row: readonly number[]): number => row.indexOf(Math.max(...row));

const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', json: 'application/json' };

/** Serves the files, and nothing for the icon that browsers ask for. */
async function serve(files: Readonly<Record<string, Uint8Array | string>>): Promise<Server> {
  const server = createServer(({ url = '' }, response) => {
    const name = url.slice(1);
    const content = files[name];
    if (content === undefined) response.writeHead(name === 'favicon.ico' ? 204 : 404).end();
    else
      response
        .writeHead(200, { 'content-type': TYPES[name.split('.').at(-1)!] ?? 'application/octet-stream' })
        .end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
