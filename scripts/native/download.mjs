/**
 * `download.mjs ADDRESS FILE FOLDER`: fetches a file, through a proxy where the environment names one (with the agent
 * that FOLDER's package has).
 */
import { createWriteStream } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [address, file, folder] = process.argv.slice(2);
const { HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy } = process.env;
const proxy = HTTPS_PROXY || https_proxy || HTTP_PROXY || http_proxy;
const secure = address.startsWith('https:');
const options = {};
if (secure && proxy) {
  const Agent = createRequire(join(folder, 'package.json'))('https-proxy-agent');
  options.agent = new Agent(proxy);
}
const response = await new Promise((resolve, reject) => {
  (secure ? https : http).get(address, options, resolve).on('error', reject);
});
if (response.statusCode !== 200) throw new Error(`${new URL(address).host} answers ${response.statusCode}`);
await pipeline(response, createWriteStream(file));
