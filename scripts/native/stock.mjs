/** The package's own install script, run on a copy: it downloads a library and a binding, or compiles the latter. */
import { cp, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { tryToLoad } from './package.mjs';
import { bytesBelow, run } from './processes.mjs';

export const stockRecipe = {
  name: "the package's own download",
  key: (pkg) => `${pkg.name.split('/')[1]}-${pkg.version}-own-${process.platform}-${process.arch}-napi${pkg.napi}`,

  /** Fills `staging` with `deps` and `lib`; resolves to the entry's description. */
  async make(pkg, staging, { say }) {
    const copy = join(staging, 'package');
    const native = new Set(['deps', 'lib', 'build'].map((part) => join(pkg.folder, part)));
    await cp(pkg.folder, copy, { recursive: true, filter: (path) => !native.has(path) });
    const before = await bytesBelow(copy);
    say(`trying the download of ${pkg.name}`);
    const require = createRequire(join(pkg.folder, 'package.json'));
    const modules = dirname(dirname(dirname(require.resolve('@mapbox/node-pre-gyp/package.json'))));
    await run(process.execPath, ['scripts/install.js', ...(pkg.name.endsWith('-gpu') ? ['gpu', 'download'] : [])], {
      cwd: copy,
      // The copy lies outside of node_modules, but its script needs what the package needs.
      env: { NODE_PATH: modules, PATH: [join(modules, '.bin'), process.env.PATH].join(delimiter) },
      timeoutSeconds: 1800,
      // Where nothing comes at all the download is refused; once it runs it may pause, and then it compiles.
      progress: { measure: () => bytesBelow(copy), patience: (bytes) => (bytes <= before ? 15 : 180) },
    });
    for (const part of ['deps', 'lib']) await rename(join(copy, part), join(staging, part));
    return { version: await tryToLoad(join(staging, 'lib', `napi-v${pkg.napi}`, 'tfjs_binding.node')) };
  },
};
