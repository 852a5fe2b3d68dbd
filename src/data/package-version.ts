/** Versions of libraries that affect what is read. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/**
 * `NAME VERSION` of an installed package; undefined if it is not installed. Packages may block importing their
 * package.json, so it is looked for above their code.
 */
export function nameAndVersion(name: string): string | undefined {
  const code = resolvePackage(name);
  if (code === undefined) return undefined;
  for (let folder = dirname(code); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
    if (manifest.name === name) return `${name} ${manifest.version}`;
  }
  return name;
}

/** The file that a package is loaded from. */
export function resolvePackage(name: string): string | undefined {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}
