/** A Python with PyTorch: a given one, or a virtual environment in the user's cache, created once. */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** For reference only; never a dependency. */
const PACKAGES = ['torch==2.15.0', 'networkx==3.6.1', 'numpy==2.4.6'];

export function findPython(named: string | undefined): string {
  if (named) return named;
  const folder = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'weft-nas',
    `bench-${PACKAGES[0]!.replace('==', '-')}`,
  );
  const python = join(folder, 'bin', 'python');
  const finished = join(folder, 'finished');
  if (existsSync(finished)) return python;
  console.error(
    `Installing ${PACKAGES.join(', ')} into ${folder}: some gigabytes, once. To use another Python that has them: --python PATH`,
  );
  rmSync(folder, { recursive: true, force: true });
  const run = (command: string, ...parameters: string[]) =>
    execFileSync(command, parameters, { stdio: ['ignore', 'ignore', 'inherit'] });
  run('python3', '-m', 'venv', folder);
  run(python, '-m', 'pip', 'install', '--quiet', ...PACKAGES);
  run('touch', finished);
  return python;
}
