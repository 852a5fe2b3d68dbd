import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { PNG } from 'pngjs';
import { serveUi, type Ui } from '../../src/ui/index.js';
import { ARGUMENTS, EXECUTABLE } from '../export/chromium.js';
import { fixture } from '../report/fixture.js';
import { addEvents, runWith } from './run-with-events.js';

describe('weft ui in a browser', function () {
  const { events } = fixture();
  const half = events.findIndex(({ type }) => type === 'candidate');
  let folder: string;
  let runs: string[];
  let browser: Browser;
  let ui: Ui;

  before(async function () {
    if (!existsSync(EXECUTABLE)) this.skip(); // no Chromium on this machine
    folder = mkdtempSync(join(tmpdir(), 'weft-'));
    runs = [1, 2].map((seed) => runWith(folder, events.slice(0, half), { seed, name: `<i>${'long '.repeat(9)}` }));
    ui = await serveUi(folder);
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  });
  after(async () => {
    await browser?.close();
    await ui?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`fits ${width} pixels, ${colorScheme}`, async () => {
        const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
        const complaints: string[] = [];
        tab.on('console', (message) => complaints.push(message.text()));
        tab.on('pageerror', (error) => complaints.push(error.message));
        tab.on('request', (request) => request.url().startsWith(ui.url) || complaints.push(request.url()));
        const names = runs.map((run) => basename(run));
        for (const path of ['', `run/${names[0]}`, `compare?run=${names[0]}&run=${names[1]}`]) {
          await tab.goto(ui.url + path);
          expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth'), path).to.equal(true);
          expect(await tab.evaluate('document.querySelectorAll("main i").length')).to.equal(0);
          if (path === '') continue;
          expect(await tab.evaluate('document.querySelectorAll("svg.chart").length')).to.be.at.least(2);
          const { data } = PNG.sync.read(await tab.screenshot());
          expect(medianBrightness(data) > 128).to.equal(colorScheme === 'light');
        }
        expect(complaints.filter((text) => !text.startsWith('data:'))).to.deep.equal([]);
        await tab.close();
      });
    }
  }

  it('updates live, and keeps selections; a comparison takes one click', async () => {
    const [one] = runs as [string];
    const list = await browser.newPage();
    await list.goto(ui.url);
    await list.check(`input[value="${basename(one)}"]`);
    const live = await browser.newPage();
    await live.goto(`${ui.url}run/${basename(one)}`);
    expect(await live.evaluate('document.body.textContent.includes("controller, 50 candidates")')).to.equal(false);
    addEvents(one, events.slice(half));
    await live.waitForSelector('svg text:has-text("controller, 50 candidates")');
    await list.bringToFront();
    await list.waitForSelector('td:has-text("writing the results")');
    expect(await list.isChecked(`input[value="${basename(one)}"]`)).to.equal(true);
    await list.check(`input[value="${basename(runs[1]!)}"]`);
    await list.click('button');
    await list.waitForSelector('h1:has-text("2 runs")');
    await list.click('a:has-text("All runs")');
    await ui.close();
    await list.waitForSelector('#connection:visible');
  });
});

function medianBrightness(rgba: Buffer): number {
  const values: number[] = [];
  for (let i = 0; i < rgba.length; i += 4) values.push((rgba[i]! + rgba[i + 1]! + rgba[i + 2]!) / 3);
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
