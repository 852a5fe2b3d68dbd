/** Loading a module of the user's own, TypeScript or JavaScript, whatever kind of package it lies in. */
import { register as registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The exports of the file at this path. */
export async function importModule(path: string): Promise<Record<string, unknown>> {
  const load = async (): Promise<Record<string, unknown>> =>
    (await import(pathToFileURL(path).href)) as Record<string, unknown>;
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
