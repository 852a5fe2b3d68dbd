/** `weft setup`: the setup script of the package, as a command. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../package-root.js';

/** Runs the setup with the given flags and returns its exit code. */
export function setup(args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [join(packageRoot(), 'scripts', 'setup.mjs'), ...args], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
