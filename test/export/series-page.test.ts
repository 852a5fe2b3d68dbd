/** The page of a network for series in a real browser: pasted rows and files have the answers of `weft predict`. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { exportModel } from '../../src/export/index.js';
import {
  loadModel,
  type LoadedModel,
  type LoadedRegressor,
  loadRegressor,
  stream,
  type Task,
} from '../../src/index.js';
import { type Model } from '../../src/search/model.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { conv1dSpace } from '../../search-spaces/conv-1d.js';
import { ARGUMENTS, EXECUTABLE, expectLayout, openExportPage, serve } from './chromium.js';
import { finishedRun } from './finished-run.js';
import { randomModel } from './trained.js';

/** Float32 kernels of two implementations. */
const SAME = 1e-5;
const OPTIONS = { layers: 2, filters: 4, reductions: 0 };
const STATES = ['idle', 'on & off', '<b>running</b>'];
const PLANTS = { window: 5, horizon: 0, columns: ['load "kW"', 'heat'], group: 'plant', time: 'when' };
const SALES = { window: 4, horizon: 2, columns: ['sales'], own: 0 };

describe('the page of a network for series', function () {
  let folder = '';
  let browser: Browser;
  let server: Server;
  let address = '';
  let classifier: LoadedModel;
  let regressor: LoadedRegressor;
  const models: Model[] = [];
  const complaints: string[] = [];
  const pages: Record<string, Page> = {};

  before(async function () {
    if (!existsSync(EXECUTABLE)) this.skip(); // no Chromium on this machine
    folder = mkdtempSync(join(tmpdir(), 'weft-series-page-'));
    await loadBackend('cpu');
    const made = async (name: string, task: Task, more: object, record: object) => {
      const drawn = randomModel(conv1dSpace, OPTIONS, { task, seed: 3 });
      const normalization = {
        mean: task.inputShape.slice(2).flatMap((n) => [2, 40].slice(0, n)),
        std: task.inputShape.slice(2).flatMap((n) => [1.5, 12].slice(0, n)),
      };
      const model = { ...drawn, normalization, card: { ...drawn.card, normalization, ...more } };
      models.push(model);
      mkdirSync(join(folder, name));
      return {
        files: await exportModel(model, { record: { name, sources: [], splits: { test: { count: 9 } }, ...record } }),
        run: finishedRun(join(folder, name), model, { data: { source: `${name}.csv` } }, record),
      };
    };
    const states = await made(
      'states',
      { inputShape: [1, 5, 2], classes: 3 },
      { classNames: STATES },
      { series: PLANTS },
    );
    const sales = await made(
      'sales',
      { kind: 'regression', inputShape: [1, 4, 1], classes: 1 },
      { classNames: [], targets: { names: ['sales'], mean: [100], std: [30] } },
      { series: SALES },
    );
    classifier = await loadModel(states.run, { space: conv1dSpace, backend: 'cpu' });
    regressor = await loadRegressor(sales.run, { space: conv1dSpace, backend: 'cpu' });
    ({ server, address } = await serve({ states: states.files, sales: sales.files }));
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
    for (const name of ['states', 'sales']) pages[name] = await openExportPage(browser, address, name, complaints);
  });
  after(async () => {
    await browser?.close();
    server?.close();
    classifier?.dispose();
    regressor?.dispose();
    for (const { store } of models) store.dispose();
    if (folder) rmSync(folder, { recursive: true });
  });

  const written = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const answers = (page: Page): Promise<Record<string, string>[]> =>
    page.evaluate("[...document.querySelectorAll('#answers tbody tr')].map(({ dataset }) => ({ ...dataset }))");
  const message = (page: Page): Promise<string | null> => page.textContent('#message');

  /** Rows of forty plants, mixed, their times in no order. */
  const plants = (): string => {
    const rng = stream(1, 'plants');
    const rows = Array.from({ length: 40 * 8 }, (_, i) => {
      const time = `2024-03-${String(1 + Math.floor(i / 40)).padStart(2, '0')}`;
      return `plant ${i % 40};${(4 * rng.normal()).toFixed(3).replace('.', ',')};${time};"a;b";${Math.round(40 + 20 * rng.normal())}`;
    });
    for (let i = rows.length - 1; i > 0; i--) {
      const j = Math.floor(rng.uniform() * (i + 1));
      [rows[i], rows[j]] = [rows[j]!, rows[i]!];
    }
    return `plant;"load ""kW""";when;note;heat\r\n${rows.join('\r\n')}`;
  };

  it('predicts 40 series of a pasted table, and of the same file, as predict does', async () => {
    const page = pages['states']!;
    const text = plants();
    const expected = classifier.predictFiles([written('plants.csv', text)]);
    const check = async (): Promise<void> => {
      expect(await message(page)).to.equal('');
      const found = await answers(page);
      expect(found.map(({ series }) => series)).to.deep.equal(
        expected.map(({ name }) => name.slice(name.lastIndexOf(':') + 1)),
      );
      expected.forEach(({ label, probability }, i) => {
        expect(Number(found[i]!['probability'])).to.be.closeTo(probability, SAME);
        expect(found[i]!['label']).to.equal(label);
      });
      expect(new Set(found.map(({ label }) => label)).size).to.be.above(1);
      expect(await page.textContent('#headline strong')).to.equal(expected[0]!.label);
    };
    await page.fill('#rows', text);
    await check();
    await page.click('#clear');
    expect(await answers(page)).to.deep.equal([]);
    // As Excel writes Unicode text.
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`, 'utf16le')]) {
      await page.setInputFiles('#file', [written('plants.csv', bytes)]);
      await page.waitForFunction("document.querySelectorAll('#answers tbody tr').length === 40");
      await check();
      await page.click('#clear');
    }
  });

  it('forecasts a series of one column as predict does', async () => {
    const page = pages['sales']!;
    const text = 'sales\n90\n104.5\n99\n130\n1.2e2\n';
    const [expected] = regressor.predictFiles([written('sales.csv', text)]);
    await page.fill('#rows', text);
    expect(await message(page)).to.equal('');
    const value = await page.evaluate<number>("Number(document.querySelector('#headline strong').dataset.value)");
    expect(value).to.be.closeTo(expected!.values['sales']!, 30 * SAME);
    await page.fill('#rows', `${text}5\n`);
    expect(await page.evaluate("Number(document.querySelector('#headline strong').dataset.value)")).to.not.equal(value);
  });

  it('says which line is wrong, and withdraws its prediction', async () => {
    const page = pages['sales']!;
    await page.fill('#rows', 'sales\n1\n2\n3\n4');
    expect(await page.locator('#headline strong').count()).to.equal(1);
    await page.fill('#rows', 'sales\n1\n2\n3\nmany\n4');
    expect(await message(page)).to.equal("line 5, column 1 (sales): 'many' is not a number");
    expect(await page.locator('#headline strong').count()).to.equal(0);
    await page.setInputFiles('#file', [written('photo.csv', Buffer.from([0xe9, 0x28, 0x31]))]);
    await page.waitForFunction("document.getElementById('message').textContent.includes('photo.csv')");
    expect(await message(page)).to.match(/photo\.csv is not UTF-8 text/);
  });

  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const)
    it(`fits ${width} pixels, ${colorScheme}, with an accessible name for every control`, async () => {
      await pages['states']!.fill('#rows', plants());
      for (const [name, page] of Object.entries(pages)) await expectLayout(page, { name, width, colorScheme });
    });

  it('makes no requests and logs no errors', () => expect(complaints).to.deep.equal([]));
});
