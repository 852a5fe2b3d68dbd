/** Loads a user's module, TypeScript or JavaScript, whatever kind of package contains it. */
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire, register as registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { sha256 } from '../runs/index.js';

/**
 * The exports of the file at this path with its current content: a long-lived process may load it again after it was
 * changed.
 */
export async function importModule(path: string): Promise<Record<string, unknown>> {
  const url = urlOf(path);
  const load = async (): Promise<Record<string, unknown>> => (await import(url)) as Record<string, unknown>;
  if (!/\.[cm]?ts$/.test(path)) return load();
  // Compiled on load; without a namespace, so that the file and this package share a single weft-nas.
  const { register } = await import('tsx/esm/api');
  const unregister = register();
  takeAsModules();
  try {
    return await load();
  } finally {
    await unregister();
  }
}

/** The hash of each file when it was first loaded, by real path. */
const loaded = new Map<string, string>();

/** The same when it was last loaded. */
const latest = new Map<string, string>();

/** SHA-256 of the file at this path as it was loaded, regardless of later changes; undefined if it was not loaded. */
export function hashOfLoaded(path: string): string | undefined {
  try {
    return latest.get(realpathSync(path));
  } catch {
    return undefined;
  }
}

/** A specifier unique to the file's current content: Node caches modules by specifier forever. */
function urlOf(path: string): string {
  const { href } = pathToFileURL(path);
  let real: string;
  let hash: string;
  try {
    real = realpathSync(path);
    hash = sha256(readFileSync(real));
  } catch {
    return href; // loading it will report the error
  }
  latest.set(real, hash);
  const first = loaded.get(real);
  if (first === undefined) loaded.set(real, hash);
  if (first === undefined || first === hash) return href;
  // CommonJS is cached by path, whatever the specifier.
  delete createRequire(import.meta.url).cache[real];
  return `${href}?content=${hash}`;
}

let taken = false;

/**
 * Files written with `import` are ES modules even if package.json does not say `"type": "module"`: as CommonJS they
 * would have to `require` weft-nas, which is still being loaded.
 */
function takeAsModules(): void {
  if (!taken) registerHooks(`data:text/javascript,${encodeURIComponent(HOOK)}`);
  taken = true;
}

const HOOK = `export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  return found.format?.startsWith('commonjs') && /\\.ts(\\?|$)/.test(found.url) ? { ...found, format: 'module' } : found;
}`;
