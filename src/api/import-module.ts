/** Loading a module of the user's own, TypeScript or JavaScript, whatever kind of package it lies in. */
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire, register as registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { sha256 } from '../runs/index.js';

/**
 * The exports of the file at this path, as its content is now: a process that lives long may load it again after it was
 * changed.
 */
export async function importModule(path: string): Promise<Record<string, unknown>> {
  const url = urlOf(path);
  const load = async (): Promise<Record<string, unknown>> => (await import(url)) as Record<string, unknown>;
  if (!/\.[cm]?ts$/.test(path)) return load();
  // Compiled as it is loaded; without a namespace, so that the file and we share one weft-nas.
  const { register } = await import('tsx/esm/api');
  const unregister = register();
  takeAsModules();
  try {
    return await load();
  } finally {
    await unregister();
  }
}

/** The hash of each file, by its real path, when it was first loaded. */
const loaded = new Map<string, string>();

/** The same when it was last loaded. */
const latest = new Map<string, string>();

/** SHA-256 of the file at this path as it was loaded, whatever it has become since; undefined where it was not. */
export function hashOfLoaded(path: string): string | undefined {
  try {
    return latest.get(realpathSync(path));
  } catch {
    return undefined;
  }
}

/** What names the file with its present content: Node keeps what it has loaded under a name for good. */
function urlOf(path: string): string {
  const { href } = pathToFileURL(path);
  let real: string;
  let hash: string;
  try {
    real = realpathSync(path);
    hash = sha256(readFileSync(real));
  } catch {
    return href; // loading it says what is wrong
  }
  latest.set(real, hash);
  const first = loaded.get(real);
  if (first === undefined) loaded.set(real, hash);
  if (first === undefined || first === hash) return href;
  // CommonJS is kept by its path whatever its name.
  delete createRequire(import.meta.url).cache[real];
  return `${href}?content=${hash}`;
}

let taken = false;

/**
 * Files written with `import` are ES modules also where package.json does not say `"type": "module"`: as CommonJS they
 * would have to `require` weft-nas, which is being loaded.
 */
function takeAsModules(): void {
  if (!taken) registerHooks(`data:text/javascript,${encodeURIComponent(HOOK)}`);
  taken = true;
}

const HOOK = `export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  return found.format?.startsWith('commonjs') && /\\.ts(\\?|$)/.test(found.url) ? { ...found, format: 'module' } : found;
}`;
