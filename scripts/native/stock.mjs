/**
 * What the package itself downloads: a library, whose checksum is known, and a binding, whose checksum nobody has
 * published. The library is fetched and checked, and the binding compiled from the package's sources; the package's own
 * script runs only where it is allowed to.
 */
import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { archiveHost, STOCK_ARCHIVES } from './archives.mjs';
import { check } from './checksum.mjs';
import { BINDING, compile, findCompiler } from './compile.mjs';
import { tryToLoad } from './package.mjs';
import { bytesBelow, run } from './processes.mjs';

const isGpu = (pkg) => pkg.name.endsWith('-gpu');
const keyOf = (pkg, kind) =>
  `${pkg.name.split('/')[1]}-${pkg.version}-${kind}-${process.platform}-${process.arch}-napi${pkg.napi}`;
const DOWNLOAD = fileURLToPath(new URL('./download.mjs', import.meta.url));

/** The library that the package downloads, if it is the one that it is known to be. */
export const stockRecipe = {
  name: "the package's library",
  key: (pkg) => `${keyOf(pkg, 'stock')}-${BINDING}`,

  /** Fills `staging` with `deps` and `lib`; resolves to the entry's description. */
  async make(pkg, staging, { say }) {
    const system = `${process.platform}-${process.arch}${isGpu(pkg) ? '-gpu' : ''}`;
    const archive = STOCK_ARCHIVES[system];
    if (!archive) throw new Error(`no checksum of it is known for ${system}`);
    const compiler = await findCompiler();
    if (!compiler) throw new Error('it needs a C++ compiler (g++ or clang++) for the binding');
    const file = join(staging, 'library.tar.gz');
    const address = new URL(archive.path, archiveHost()).href;
    say(`fetching ${address}`);
    await run(process.execPath, [DOWNLOAD, address, file, pkg.folder], {
      timeoutSeconds: 1800,
      progress: { measure: () => stat(file).then(({ size }) => size), patience: (bytes) => (bytes === 0 ? 15 : 90) },
    });
    await check(file, archive);
    const deps = join(staging, 'deps');
    await mkdir(deps);
    await run('tar', ['-xzf', file, '-C', deps], { timeoutSeconds: 300 });
    await rm(file);
    say('compiling the binding');
    const libraries = (await readdir(join(deps, 'lib')))
      .filter((name) => /^libtensorflow(_framework)?\.(so\.2|2\.dylib)$/.test(name))
      .map((name) => join(deps, 'lib', name));
    const binding = join(staging, 'lib', `napi-v${pkg.napi}`, 'tfjs_binding.node');
    await compile(compiler, pkg, join(deps, 'include'), libraries, binding);
    return { version: await tryToLoad(binding) };
  },
};

/** The package's own install script, run on a copy: it downloads a library and a binding, and checks neither. */
export const uncheckedRecipe = {
  name: "the package's own download, unchecked",
  key: (pkg) => keyOf(pkg, 'own'),

  /** Fills `staging` with `deps` and `lib`; resolves to the entry's description. */
  async make(pkg, staging, { say }) {
    const copy = join(staging, 'package');
    const native = new Set(['deps', 'lib', 'build'].map((part) => join(pkg.folder, part)));
    await cp(pkg.folder, copy, { recursive: true, filter: (path) => !native.has(path) });
    const before = await bytesBelow(copy);
    say(`trying the download of ${pkg.name}, which is not checked`);
    const require = createRequire(join(pkg.folder, 'package.json'));
    const modules = dirname(dirname(dirname(require.resolve('@mapbox/node-pre-gyp/package.json'))));
    await run(process.execPath, ['scripts/install.js', ...(isGpu(pkg) ? ['gpu', 'download'] : [])], {
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
