/** Restricts reading to regular files and folders inside the folder of runs, after resolving every symbolic link. */
import { realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';

/** The resolved path of a file in the folder `root`, or undefined if it is missing, not a regular file, or outside. */
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
