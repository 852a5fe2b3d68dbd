import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one test, removed after it. */
export function temporaryFolder(context: Mocha.Suite): () => string {
  let path = '';
  context.beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'weft-'));
  });
  context.afterEach(() => rmSync(path, { recursive: true, force: true }));
  return () => path;
}

/** Runs `use` with a folder on a real file system of so many KB; false if this machine does not allow to mount one. */
export function onSmallDisk(parent: string, kilobytes: number, use: (folder: string) => void): boolean {
  const folder = mountSmallDisk(parent, kilobytes);
  if (folder === undefined) return false;
  try {
    use(folder);
  } finally {
    spawnSync('umount', [folder]);
  }
  return true;
}

/** The same for what takes time. */
export async function whileOnSmallDisk(
  parent: string,
  kilobytes: number,
  use: (folder: string) => Promise<void>,
): Promise<boolean> {
  const folder = mountSmallDisk(parent, kilobytes);
  if (folder === undefined) return false;
  try {
    await use(folder);
  } finally {
    spawnSync('umount', [folder]);
  }
  return true;
}

function mountSmallDisk(parent: string, kilobytes: number): string | undefined {
  const folder = join(parent, 'small-disk');
  mkdirSync(folder);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]).status === 0
    ? folder
    : undefined;
}

/** The command line of this Node with what it takes to run TypeScript. */
export const runTypeScript = [
  ...process.execArgv.filter((argument) => !argument.startsWith('--inspect')),
  '--import=tsx',
  '--conditions=@weft-nas/source',
];
