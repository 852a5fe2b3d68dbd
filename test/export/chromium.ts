/** A real browser for exported pages, and a server that gives it the files. */
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

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
