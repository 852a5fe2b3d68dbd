/** Modules that run as programs in separate processes. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const { resolve } = createRequire(import.meta.url);

/**
 * The file of such a module, as TypeScript if this one is; built modules may be bundled in a different file, so paths
 * start from the package.
 */
export function programFile(module: 'api/job-process' | 'doctor/probe'): string {
  const root = dirname(resolve('weft-nas/package.json'));
  return import.meta.url.endsWith('.ts') ? join(root, 'src', `${module}.ts`) : join(root, 'dist/src', `${module}.js`);
}
