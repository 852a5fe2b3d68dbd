/** Data files that are known by name, in the usual places. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Folders that may hold data, starting with the one set in the environment. */
export function dataRoots(env: Readonly<Record<string, string | undefined>>): string[] {
  return [env['WEFT_DATA'], 'data', join('..', 'shared', 'data')].filter(
    (root): root is string => root !== undefined && root !== '',
  );
}

/** The file (a path below a data folder) in `$WEFT_DATA`, `./data` or `../shared/data`, and where it was looked for. */
export function findDataFile(file: string): { readonly path: string | undefined; readonly looked: readonly string[] } {
  const looked = dataRoots(process.env).map((root) => resolve(root, file));
  return { path: looked.find((path) => existsSync(path)), looked };
}
