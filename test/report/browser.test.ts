import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { type Browser, chromium } from 'playwright-core';
import { PNG } from 'pngjs';
import { buildReport, specializedPage } from '../../src/report/index.js';
import { ARGUMENTS, EXECUTABLE } from '../export/chromium.js';
import { fixtureRun } from './fixture.js';

describe('report in a browser', function () {
  let browser: Browser;
  let page: string;

  before(async function () {
    if (!existsSync(EXECUTABLE)) this.skip(); // no Chromium on this machine
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
    page = await buildReport(fixtureRun());
  });
  after(() => browser?.close());

  for (const [device, width] of [
    ['screen', 1200],
    ['phone', 390],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`shows on a ${device}, ${colorScheme}, without errors, requests or sideways scrolling`, async () => {
        const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled: true });
        const complaints: string[] = [];
        tab.on('console', (message) => complaints.push(message.text()));
        tab.on('pageerror', (error) => complaints.push(error.message));
        tab.on('request', (request) => request.url().startsWith('http') && complaints.push(request.url()));
        await tab.setContent(page);
        const size = await tab.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
        expect(size[0]).to.be.at.most(size[1]);
        const { data } = PNG.sync.read(await tab.screenshot());
        const bright = brightness(data);
        // Mostly the scheme's paper, but by no means empty.
        expect(bright.median > 128).to.equal(colorScheme === 'light');
        expect(bright.distinct).to.be.above(50);
        const drawn = await tab.evaluate(
          `[...document.querySelectorAll('svg')].filter((svg) => svg.getBoundingClientRect().width > 100 && svg.getBoundingClientRect().height > 20).length`,
        );
        expect(drawn).to.be.above(15);
        expect(complaints).to.deep.equal([]);
        await tab.close();
      });
    }
  }

  it('prints completely on white paper: nothing scrolls, and everything folded is open except the options', async () => {
    const tab = await browser.newPage({ viewport: { width: 700, height: 900 }, colorScheme: 'dark' });
    await tab.emulateMedia({ media: 'print' });
    await tab.setContent(page);
    expect(brightness(PNG.sync.read(await tab.screenshot()).data).median).to.be.above(235);
    const scrolling = await tab.evaluate(
      `[...document.querySelectorAll('.picture, .scroll, pre')].filter((one) => getComputedStyle(one).overflowX !== 'visible' || one.matches('.picture') && one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent.slice(0, 60))`,
    );
    expect(scrolling).to.deep.equal([]);
    const heights = (within: string) =>
      tab.evaluate<number[]>(
        `[...document.querySelectorAll('${within}')].map((one) => one.getBoundingClientRect().height)`,
      );
    const opened = await heights('section:not(#reproduction) details > :not(summary), .how > :not(summary)');
    expect(opened).to.not.be.empty;
    expect(Math.min(...opened)).to.be.above(0);
    await tab.close();
  });
});

describe('page of specialized networks in a browser', function () {
  let browser: Browser;
  before(async function () {
    if (!existsSync(EXECUTABLE)) this.skip(); // no Chromium on this machine
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  });
  after(() => browser?.close());

  it('shows every label in full, on a screen and on a phone', async () => {
    const page = specializedPage(
      'elastic-cnn',
      [1200, 3000, 200_000].map((limit, i) => ({
        name: `parameters-${limit}`,
        budget: { cost: i === 2 ? 'multiplyAdds' : 'parameters', limit },
        architecture: 'elastic-cnn~c1939e:4-1-3+1_3+1.16-1-3+1_3+1',
        parameters: 1100 + 9000 * i,
        multiplyAdds: 32_000 * (i + 1),
        bytes: 4 * (1100 + 9000 * i),
        milliseconds: 0.4,
        accuracy: 0.94 + 0.02 * i,
        loss: 0.2,
      })),
      { version: '0.0.0' },
    );
    for (const width of [1280, 390]) {
      const tab = await browser.newPage({ viewport: { width, height: 900 } });
      await tab.setContent(page);
      expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true);
      const outside = await tab.evaluate(
        `[...document.querySelectorAll('svg')].flatMap((svg) => { const frame = svg.getBoundingClientRect(); return [...svg.querySelectorAll('text')].filter((text) => { const box = text.getBoundingClientRect(); return box.left < frame.left - 1 || box.right > frame.right + 1; }).map((text) => text.textContent); })`,
      );
      expect(outside).to.deep.equal([]);
      await tab.close();
    }
  });
});

function brightness(rgba: Buffer): { median: number; distinct: number } {
  const values: number[] = [];
  const colors = new Set<number>();
  for (let i = 0; i < rgba.length; i += 4) {
    values.push((rgba[i]! + rgba[i + 1]! + rgba[i + 2]!) / 3);
    colors.add((rgba[i]! << 16) | (rgba[i + 1]! << 8) | rgba[i + 2]!);
  }
  return { median: values.sort((a, b) => a - b)[values.length >> 1]!, distinct: colors.size };
}
