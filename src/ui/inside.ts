/** What may be read: regular files and folders that lie in the folder of runs once every symbolic link is resolved. */
import { realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * The resolved path of a file in the folder `root`, or undefined where it is missing, no regular file, or lies
 * elsewhere.
 */
export const fileInside = (root: string, ...names: readonly string[]): string | undefined =>
  resolved(root, join(root, ...names), 'file');

/** The resolved path of a folder in the folder `root`, or undefined. */
export const folderInside = (root: string, ...names: readonly string[]): string | undefined =>
  resolved(root, join(root, ...names), 'folder');

function resolved(root: string, path: string, kind: 'file' | 'folder'): string | undefined {
  try {
    const real = realpathSync(path);
    const home = realpathSync(root);
    if (real !== home && !real.startsWith(home.endsWith(sep) ? home : home + sep)) return undefined;
    const stat = statSync(real);
    return (kind === 'file' ? stat.isFile() : stat.isDirectory()) ? real : undefined;
  } catch {
    return undefined;
  }
}
