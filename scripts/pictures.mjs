/**
 * Makes the pictures of the README from a real search, in a pseudo-terminal and in a real browser. Build first.
 *
 *   npm run build && node scripts/pictures.mjs         searches (recipe digits), then draws everything
 *   npm run build && node scripts/pictures.mjs RUN     draws only the report of this finished run
 *   node scripts/pictures.mjs --export FOLDER          draws a digit on the pad of an exported network, with the
 *                                                      answer, as export-page.png
 *   node scripts/pictures.mjs --studies FOLDER         draws the pages of the studies that `weft study` wrote to FOLDER
 *   node scripts/pictures.mjs PAGE.html NAME FROM TO   draws a part of any page, from one CSS selector to another, as
 *                                                      docs/images/NAME.png
 *
 * Needs `script` of util-linux and a Chromium (CHROMIUM names its program).
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { drawTerminal, record } from './pictures/terminal.mjs';

const OUT = fileURLToPath(new URL('../docs/images/', import.meta.url));
const WEFT = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const SEARCH = 'search --recipe digits';
const WIDTH = 1000;
const MARGIN = 24;
/** Of the page of each study: the picture, and the CSS selectors between which it lies. */
const STUDIES = {
  'two-model': ['study-two-model', 'header', 'section .figures'],
  'label-noise': ['flatness-label-noise', '#accuracy-on-clean-test-data figure', '#accuracy-on-clean-test-data figure'],
  'fine-tuning': ['flatness-fine-tuning', '#accuracy-over-the-seeds .figures', '#accuracy-over-the-seeds .scroll'],
  'edge-of-stability': ['flatness-edge', '#cifar-10-convolutional .figures', '#cifar-10-convolutional .figures'],
  'stable-minima': ['flatness-stable-minima', '#one-dimension figure', '#one-dimension figure'],
  'nas-bench-201': ['study-nas-bench-201', '#regret-over-queries .figures', '#regret-over-queries .figures'],
  'optimizer-cost': ['study-optimizer-cost', 'header', '#the-time-of-a-step .figures'],
  'supernet-remedies': ['study-supernet-remedies', 'header', '#order .scroll'],
  'zero-cost-proxies': ['study-zero-cost-proxies', '#rows', '#rows'],
};

mkdirSync(OUT, { recursive: true });
const [target, ...part] = process.argv.slice(2);
if (target === '--export') await drawOnPage(resolve(part[0]));
else if (target === '--studies') {
  for (const [study, picture] of Object.entries(STUDIES)) {
    const page = join(resolve(part[0]), `study-${study}`, 'report.html');
    if (existsSync(page)) await photograph(page, [picture]);
  }
} else if (target?.endsWith('.html')) await photograph(resolve(target), [part]);
else {
  const run = target === undefined ? await searchAndDraw() : resolve(target);
  // The top of the report, to the network that was found, and two sections further down.
  await photograph(join(run, 'report.html'), [
    ['report', 'header', '#network'],
    ['report-comparison', '#comparison', '#comparison'],
    ['report-course', '#course', '#course'],
  ]);
}

/** Searches in a separate folder, draws the terminal in the middle and at the end, and returns the run. */
async function searchAndDraw() {
  const folder = mkdtempSync(join(tmpdir(), 'weft-pictures-'));
  const screens = await record(`${process.execPath} ${WEFT} ${SEARCH}`, {
    cwd: folder,
    wanted: { middle: (text) => /^epoch {1,3}8 /m.test(text) && /controller, round [5-9]/.test(text) },
  });
  writeFileSync(join(OUT, 'terminal-search.svg'), drawTerminal(screens.middle, `npx weft ${SEARCH}`));
  writeFileSync(join(OUT, 'terminal-done.svg'), drawTerminal(screens.last, `npx weft ${SEARCH}`));
  return join(folder, 'runs', readdirSync(join(folder, 'runs'))[0]);
}

function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
}

/** Parts of a page, each from the top of one element to the bottom of another. */
async function photograph(page, parts) {
  const browser = await launch();
  try {
    const view = await browser.newPage({
      viewport: { width: WIDTH, height: 1200 },
      deviceScaleFactor: 1.25,
      colorScheme: 'light',
    });
    await view.goto(pathToFileURL(page).href);
    for (const [name, from, to] of parts) {
      const [first, last] = [
        await view.locator(from).first().boundingBox(),
        await view.locator(to).first().boundingBox(),
      ];
      // What is before a figure in a section is close to it; a section has space above it.
      const above = /figures?$/.test(from) ? 4 : MARGIN;
      const [y, x] = [Math.max(0, first.y - above), Math.max(0, Math.min(first.x, last.x) - MARGIN)];
      const width = Math.min(WIDTH, Math.max(first.x + first.width, last.x + last.width) + MARGIN) - x;
      await view.screenshot({
        path: join(OUT, `${name}.png`),
        fullPage: true,
        clip: { x, y, width, height: last.y + last.height + MARGIN - y },
      });
    }
  } finally {
    await browser.close();
  }
}

/** The page of an exported network that reads drawn digits, with a seven on its pad. */
async function drawOnPage(folder) {
  const types = { html: 'text/html', js: 'text/javascript' };
  const server = createServer(({ url }, response) => {
    const name = basename(url);
    response.setHeader('content-type', types[name.split('.').at(-1)] ?? 'application/octet-stream');
    response.end(readFileSync(join(folder, name)));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const browser = await launch();
  try {
    const view = await browser.newPage({ viewport: { width: WIDTH, height: 700 }, deviceScaleFactor: 1.25 });
    await view.goto(`http://127.0.0.1:${server.address().port}/index.html`);
    await view.waitForSelector('body[data-ready]');
    const pad = await view.locator('#drawing').boundingBox();
    const point = (x, y) => [pad.x + x * pad.width, pad.y + y * pad.height];
    await view.mouse.move(...point(0.2, 0.1));
    await view.mouse.down();
    for (const to of [point(0.75, 0.1), point(0.42, 0.92)]) await view.mouse.move(...to, { steps: 8 });
    await view.mouse.up();
    await view.screenshot({ path: join(OUT, 'export-page.png'), fullPage: true });
  } finally {
    await browser.close();
    server.close();
  }
}
