/**
 * Makes the pictures of the README from a real search, in a pseudo-terminal and in a real browser. Build first.
 *
 *   npm run build && node scripts/pictures.mjs            searches (recipe digits), then draws everything
 *   npm run build && node scripts/pictures.mjs RUN        draws the report of this finished run only
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
const run = process.argv[2] === undefined ? await searchAndDraw() : resolve(process.argv[2]);
await photograph(join(run, 'report.html'));

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

/** The top of the report, to the network that was found, and two sections further down. */
async function photograph(report) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 1200 }, deviceScaleFactor: 1.25, colorScheme: 'light' });
    await page.goto(pathToFileURL(report).href);
    const picture = async (name, from, to) => {
      const [first, last] = [await page.locator(from).boundingBox(), await page.locator(to).boundingBox()];
      const y = Math.max(0, first.y - MARGIN);
      await page.screenshot({ path: join(OUT, `${name}.png`), fullPage: true, clip: { x: 0, y, width: WIDTH, height: last.y + last.height + MARGIN - y } });
    };
    await picture('report', 'header', '#network');
    await picture('report-comparison', '#comparison', '#comparison');
    await picture('report-course', '#course', '#course');
  } finally {
    await browser.close();
  }
}
