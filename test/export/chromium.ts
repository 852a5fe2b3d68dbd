/** A real browser for exported pages, and a server that gives it the files. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type Browser, type Page } from 'playwright-core';

export const EXECUTABLE = '/usr/bin/chromium';
export const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  mjs: 'text/javascript',
  json: 'application/json',
  wasm: 'application/wasm',
};

/** Serves folders of files by their names, and nothing for the icon that browsers ask for. */
export async function serve(
  folders: Readonly<Record<string, Readonly<Record<string, Uint8Array | string>>>>,
): Promise<{ server: Server; address: string }> {
  const server = createServer(({ url = '' }, response) => {
    const [folder = '', name = ''] = url.slice(1).split('/');
    const content = folders[folder]?.[name];
    if (content === undefined) response.writeHead(url === '/favicon.ico' ? 204 : 404).end();
    else
      response
        .writeHead(200, { 'content-type': TYPES[name.split('.').at(-1)!] ?? 'application/octet-stream' })
        .end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/**
 * Asserts that a page fits the width of a screen, follows the colour scheme, and has a name for everything that can be
 * used.
 */
export async function expectLayout(
  page: Page,
  { name, width, colorScheme }: { name: string; width: number; colorScheme: 'light' | 'dark' },
): Promise<void> {
  await page.setViewportSize({ width, height: 844 });
  await page.emulateMedia({ colorScheme });
  const [needed, given] = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
  expect(needed, name).to.be.at.most(given);
  const nameless = await page.evaluate<string[]>(
    "[...document.querySelectorAll('input, select, textarea, button:not([hidden]), canvas')].filter((one) => !(one.labels?.length || one.ariaLabel || one.textContent.trim())).map(({ outerHTML }) => outerHTML)",
  );
  expect(nameless, name).to.deep.equal([]);
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).to.equal(
    colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 24, 31)',
  );
}

/**
 * Opens the page of an export and waits for its network, which then computes in plain JavaScript; `complaints` collects
 * errors and requests to others.
 */
export async function openExportPage(
  browser: Browser,
  address: string,
  name: string,
  complaints: string[],
): Promise<Page> {
  const page = await browser.newPage();
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on(
    'request',
    (request) =>
      /^(http|ws)/.test(request.url()) && !request.url().startsWith(address) && complaints.push(request.url()),
  );
  await page.goto(`${address}/${name}/index.html`);
  await page.waitForSelector('body[data-ready]');
  await page.evaluate("tf.setBackend('cpu')");
  return page;
}
