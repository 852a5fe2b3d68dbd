/** Modules that run as programs in processes of their own. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

/**
 * The file of such a module, as TypeScript where this is; built modules may lie together in a file elsewhere, so that
 * paths begin at the package.
 */
export function programFile(module: 'api/job-process' | 'doctor/probe'): string {
  const root = dirname(resolve('weft-nas/package.json'));
  return import.meta.url.endsWith('.ts') ? join(root, 'src', `${module}.ts`) : join(root, 'dist/src', `${module}.js`);
}
