/** The front of a search for several objectives, looked at in a browser. */
import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { paretoFront } from '../../src/pareto/index.js';
import { eventLog } from '../../src/report/event-log.js';
import { type SearchEvent } from '../../src/search/events.js';
import { type SearchSpace } from '../../src/graph/define-space.js';
import { stream } from '../../src/tensor/rng.js';
import { liveFront } from '../../src/ui/front.js';
import { serveUi, type Ui } from '../../src/ui/index.js';
import { ARGUMENTS, EXECUTABLE } from '../export/chromium.js';
import { DIGITS } from '../report/fixture.js';
import { addEvents, runWith } from './run-with-events.js';

const space = macroCnn.create({ layers: 4, filters: 8 }, DIGITS) as SearchSpace;
const rng = stream(1, 'live-front');
const judged = Array.from({ length: 40 }, () => {
  const architecture = space.sample(rng);
  const parameters = 1000 + rng.int(90_000);
  return {
    architecture: space.encode(architecture),
    hash: space.canonicalHash(architecture),
    accuracy: Math.min(0.99, 0.7 + 0.08 * Math.log10(parameters / 1000) + 0.05 * rng.uniform()),
    loss: rng.uniform(),
    costs: { parameters, activationMemory: 2000 + rng.int(60_000) },
  };
});
const started = { type: 'search-started', space: space.name, size: '1', controller: 'nsga2', seed: 1, epochs: 3 };
const proposals = {
  type: 'proposals',
  epoch: 0,
  round: 0,
  networks: judged.slice(0, 12).map(({ architecture, accuracy, costs }) => ({ architecture, reward: accuracy, costs })),
};
const candidates = judged.map((one, index) => ({ type: 'candidate', source: 'controller', index, ...one }));

describe('the live front', () => {
  it('is that of the latest proposals, then that of the candidates', () => {
    const ofProposals = liveFront(eventLog([started, proposals]))!;
    expect(ofProposals.from).to.equal('proposals');
    expect(ofProposals.points).to.have.length(12);
    const front = liveFront(eventLog([started, proposals, ...candidates] as readonly SearchEvent[]))!;
    expect(front.from).to.equal('candidates');
    const expected = paretoFront(
      judged.map(({ accuracy, costs }) => [-accuracy, costs.parameters, costs.activationMemory]),
    );
    expect(
      new Set(front.points.filter(({ isMember }) => isMember).map(({ architecture }) => architecture)),
    ).to.deep.equal(new Set(expected.map((i) => judged[i]!.architecture)));
    expect(front.points.filter(({ isKnee }) => isKnee)).to.have.length(1);
  });

  it('leaves out invalid points, and a search with one objective has none', () => {
    expect(liveFront(eventLog([started]))).to.equal(undefined);
    expect(liveFront(eventLog([started, { ...candidates[0], costs: undefined }]))).to.equal(undefined);
    const broken = { ...candidates[1], costs: { parameters: 'many', activationMemory: null } };
    expect(
      liveFront(eventLog([started, candidates[0], broken, { type: 'proposals', networks: 3 }]))!.points,
    ).to.have.length(1);
  });
});

describe('the front in weft ui', function () {
  this.timeout(120_000);
  let folder: string;
  let run: string;
  let browser: Browser;
  let ui: Ui;

  before(async function () {
    if (!existsSync(EXECUTABLE)) this.skip(); // no Chromium on this machine
    folder = mkdtempSync(join(tmpdir(), 'weft-'));
    run = runWith(folder, [started, proposals]);
    ui = await serveUi(folder, { spaceOf: () => Promise.resolve(space) });
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  });
  after(async () => {
    await browser?.close();
    await ui?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const opened = async (options: Parameters<Browser['newPage']>[0], complaints: string[]): Promise<Page> => {
    const tab = await browser.newPage(options);
    tab.on('console', (message) => complaints.push(message.text()));
    tab.on('pageerror', (error) => complaints.push(error.message));
    await tab.goto(`${ui.url}run/${basename(run)}`);
    return tab;
  };
  const DOT = 'svg.live-front a';

  it('works while the search runs: new points, hover, keyboard, and a network that stays chosen', async () => {
    const complaints: string[] = [];
    const tab = await opened({}, complaints);
    expect(await tab.textContent('#front')).to.match(/latest proposals/);
    expect(await tab.evaluate('document.querySelectorAll("svg.live-front").length')).to.equal(2);
    expect(await tab.evaluate('document.querySelectorAll("svg.live-front .knee").length')).to.equal(2);

    const first = tab.locator(DOT).first();
    expect(await first.locator('.tip').isVisible()).to.equal(false);
    await first.locator('.dot').hover();
    expect(await first.locator('.tip').isVisible()).to.equal(true);
    expect(await first.locator('.tip').textContent()).to.match(/reward 0\.\d{3}, parameters/);

    await tab.mouse.move(1, 1);
    await first.focus();
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('Shift+Tab');
    expect(await first.locator('.tip').isVisible()).to.equal(true);
    await tab.keyboard.press('Enter');
    await tab.waitForSelector('#chosen svg:visible');
    const chosen = new URL(tab.url()).searchParams.get('network');
    expect(judged.map(({ architecture }) => architecture)).to.include(chosen);
    expect(await tab.textContent('#chosen code')).to.equal(chosen);

    addEvents(run, candidates);
    await tab.waitForSelector('#front:has-text("candidates for the final choice")');
    expect(await tab.textContent('#chosen code')).to.equal(chosen);
    await tab.click('#chosen a');
    await tab.waitForSelector('#chosen', { state: 'detached' });
    expect(complaints).to.deep.equal([]);
    await tab.close();
  });

  for (const width of [390, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`fits ${width} pixels, ${colorScheme}`, async () => {
        const complaints: string[] = [];
        const tab = await opened({ viewport: { width, height: 900 }, colorScheme }, complaints);
        await tab.locator(DOT).first().locator('.dot').click();
        await tab.waitForSelector('#chosen svg:visible');
        expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).to.equal(true);
        // Nothing is written outside of a chart.
        await tab.locator(DOT).first().hover();
        const outside = await tab.evaluate(`[...document.querySelectorAll('svg.live-front')].flatMap((svg) => {
          const box = svg.getBoundingClientRect();
          return [...svg.querySelectorAll('text')].filter((text) => {
            const { left, right, width } = text.getBoundingClientRect();
            return width > 0 && (left < box.left - 1 || right > box.right + 1);
          }).map((text) => text.textContent);
        })`);
        expect(outside).to.deep.equal([]);
        expect(complaints).to.deep.equal([]);
        if (process.env['WEFT_SCREENSHOTS'])
          await tab.screenshot({
            path: join(process.env['WEFT_SCREENSHOTS'], `front-${width}-${colorScheme}.png`),
            fullPage: true,
          });
        await tab.close();
      });
    }
  }

  it('says why a network is not drawn', async () => {
    const other = await serveUi(folder);
    const tab = await browser.newPage();
    await tab.goto(`${other.url}run/${basename(run)}?network=${encodeURIComponent(judged[0]!.architecture)}`);
    expect(await tab.textContent('#chosen')).to.match(/your own code/);
    await tab.goto(`${ui.url}run/${basename(run)}?network=${encodeURIComponent('<script>alert(1)</script>')}`);
    expect(await tab.textContent('#chosen')).to.match(/no longer among these points.*<script>.*no such network/s);
    await tab.close();
    await other.close();
  });
});
