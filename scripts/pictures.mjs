/**
 * Makes the pictures of the README from a real search, in a pseudo-terminal and in a real browser. Build first.
 *
 *   npm run build && node scripts/pictures.mjs            searches (recipe digits), then draws everything
 *   npm run build && node scripts/pictures.mjs RUN        draws the report of this finished run only
 *   node scripts/pictures.mjs PAGE.html NAME FROM TO      draws a part of any page, from one CSS selector to another, as docs/images/NAME.png
 *
 * Needs `script` of util-linux and a Chromium (CHROMIUM names its program).
 */
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { drawTerminal, record } from './pictures/terminal.mjs';

const OUT = fileURLToPath(new URL('../docs/images/', import.meta.url));
const WEFT = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const SEARCH = 'search --recipe digits';
const WIDTH = 1000;
const MARGIN = 24;

mkdirSync(OUT, { recursive: true });
const [target, ...part] = process.argv.slice(2);
if (target?.endsWith('.html')) await photograph(resolve(target), [part]);
else {
  const run = target === undefined ? await searchAndDraw() : resolve(target);
  // The top of the report, to the network that was found, and two sections further down.
  await photograph(join(run, 'report.html'), [
    ['report', 'header', '#network'],
    ['report-comparison', '#comparison', '#comparison'],
    ['report-course', '#course', '#course'],
  ]);
}

/** Searches in a folder of its own, draws the terminal in the middle and at the end, and returns the run. */
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

/** Parts of a page, each from the top of one element to the bottom of another. */
async function photograph(page, parts) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
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
