/**
 * `weft ui`: serves pages over a folder of runs on this machine. It is read-only, and neither starts nor stops
 * anything.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { systemReason, WeftError } from '../errors.js';
import { CSS, SCRIPT } from './client.js';
import { FILE_HEADERS, PAGE_HEADERS, shell } from './shell.js';
import { createSite, type Site, type SpaceOf } from './site.js';

export interface UiOptions {
  /** A free one by default. */
  readonly port?: number;
  /**
   * The space of a run's directory, to draw its networks; undefined if its code must not be loaded. By default nothing
   * is drawn.
   */
  readonly spaceOf?: SpaceOf;
}

export interface Ui {
  /** The address with its token; anyone who knows it may read the runs. */
  readonly url: string;
  /** Closes all connections. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Serves the runs in `folder` on the loopback interface alone, to those who know the random token in the address. */
export async function serveUi(folder: string, { port = 0, spaceOf }: UiOptions = {}): Promise<Ui> {
  const site = createSite(resolvedFolder(folder), folder, spaceOf);
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, response) => {
    respond(request, response, site, token).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      send(response, 500, 'text/plain; charset=utf-8', `this page cannot be made: ${(error as Error).message}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(refused(port, cause)));
    if (Number.isInteger(port) && port >= 0 && port < 2 ** 16) server.listen(port, HOST, resolve);
    else reject(refused(port, new Error('ports are whole numbers from 0 to 65535')));
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${taken}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, site: Site, token: string): Promise<void> {
  const text = 'text/plain; charset=utf-8';
  // A host name that another site points here must not make these pages part of its origin.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ''))
    return send(response, 403, text, 'ask for 127.0.0.1\n');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, text, 'this server is read-only\n', { allow: 'GET, HEAD' });
  const address = addressOf(request.url ?? '/');
  if (!address) return send(response, 400, text, 'this is not an address\n');
  const { pathname, searchParams } = address;
  const [, given = '', ...rest] = pathname.split('/');
  if (!isEqual(given, token))
    return send(response, 403, text, 'open the complete address that weft ui printed: it contains a token\n');
  const base = `/${token}/`;
  const path = rest.join('/');
  if (rest.length === 0) return send(response, 302, text, '', { location: base });
  if (path === 'app.js') return send(response, 200, 'text/javascript; charset=utf-8', SCRIPT);
  if (path === 'style.css') return send(response, 200, 'text/css; charset=utf-8', CSS);
  const answer = await site.answer(path, searchParams);
  if (answer.kind === 'file') {
    response.writeHead(200, { ...FILE_HEADERS, 'content-type': answer.type });
    return void response.end(answer.content);
  }
  const { content, title, status = 200 } = answer;
  if (request.headers['x-weft-part'] === undefined)
    return send(response, status, 'text/html; charset=utf-8', shell(title, base, content));
  const etag = `"${createHash('sha256').update(content.markup).digest('base64url')}"`;
  if (request.headers['if-none-match'] === etag) return send(response, 304, 'text/html; charset=utf-8', '', { etag });
  send(response, status, 'text/html; charset=utf-8', content.markup, { etag });
}

/** A path is used as is: two leading slashes do not denote another host. */
function addressOf(asked: string): URL | undefined {
  const origin = 'http://localhost';
  const whole = asked.startsWith('/') ? `${origin}${asked}` : asked;
  return URL.canParse(whole, origin) ? new URL(whole, origin) : undefined;
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...PAGE_HEADERS, 'content-type': type, ...headers });
  response.end(body);
}

/** Constant-time comparison, so that timing does not reveal how much of it is correct. */
function isEqual(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(a!, b!);
}

function resolvedFolder(folder: string): string {
  try {
    const path = realpathSync(folder);
    if (statSync(path).isDirectory()) return path;
  } catch (cause) {
    const [reason] = systemReason(cause) ?? ['it cannot be read'];
    throw new WeftError(
      'run',
      `${folder} cannot be opened: ${reason}`,
      'start a search, which makes the folder, or name the folder that holds runs',
      { cause },
    );
  }
  throw new WeftError('run', `${folder} is not a folder`, 'name the folder that holds runs');
}

const refused = (port: number, cause: Error): WeftError =>
  new WeftError(
    'run',
    `cannot listen on port ${port}: ${(cause as NodeJS.ErrnoException).code === 'EADDRINUSE' ? 'another program uses it' : cause.message}`,
    'choose another with --port, or leave it out for a free one',
    { cause },
  );
