/** The installed @tensorflow/tfjs-node: where it is, whether it loads, and how it is given its native parts. */
import { cp, lstat, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './processes.mjs';

const require = createRequire(import.meta.url);
const ownFolder = fileURLToPath(new URL('../../', import.meta.url));

/** The folder whose node_modules holds this project as a dependency; undefined in a checkout. */
export function consumerFolder() {
  const at = ownFolder.lastIndexOf(`${sep}node_modules${sep}`);
  return at < 0 ? undefined : ownFolder.slice(0, at);
}

/** The named package as this project would load it, or undefined. */
export function findPackage(name) {
  try {
    const manifest = require.resolve(`${name}/package.json`);
    const { version, binary } = require(manifest);
    // The binding is named for the newest Node-API that both sides know.
    const napi = Math.max(...binary.napi_versions.filter((v) => v <= Number(process.versions.napi)));
    const folder = dirname(manifest);
    return { name, version, napi, folder, binding: join(folder, 'lib', `napi-v${napi}`, 'tfjs_binding.node') };
  } catch {
    return undefined;
  }
}

/** npm removes an optional package whose install script fails; this puts it back, without running the script. */
export async function putBack(name) {
  const { optionalDependencies } = JSON.parse(await readFile(join(ownFolder, 'package.json'), 'utf8'));
  const args = [
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `${name}@${optionalDependencies[name]}`,
  ];
  const script = process.env.npm_execpath ?? '';
  const [command, first] = script.endsWith('npm-cli.js') ? [process.execPath, [script]] : ['npm', []];
  await run(command, [...first, ...args], { cwd: consumerFolder(), timeoutSeconds: 300 });
  return findPackage(name);
}

const stampOf = (pkg) => join(pkg.folder, '.weft-native.json');

/**
 * Version of the TensorFlow library that loads through the package, or undefined. Files unchanged since a load are
 * trusted.
 */
export async function loadedVersion(pkg) {
  const files = await nativeFiles(pkg).catch(() => undefined);
  if (!files) return undefined;
  const stamp = await readFile(stampOf(pkg), 'utf8')
    .then(JSON.parse)
    .catch(() => undefined);
  if (stamp && JSON.stringify(stamp.files) === JSON.stringify(files)) return stamp.version;
  const version = await tryToLoad(pkg.folder).catch(() => undefined);
  if (version) await writeFile(stampOf(pkg), JSON.stringify({ version, files })).catch(() => {});
  return version;
}

/** Loads the whole package (or a bare binding) in a separate process; resolves to TensorFlow's version. */
export async function tryToLoad(path) {
  const script =
    'const m = require(process.argv[1]); console.log("TensorFlow=" + (m.TF_Version ?? m.backend().binding.TF_Version))';
  const output = await run(process.execPath, ['-e', script, path], {
    env: { TF_CPP_MIN_LOG_LEVEL: '3', NODE_OPTIONS: '' },
  });
  const version = /TensorFlow=(\S+)/.exec(output)?.[1];
  if (!version) throw new Error('the native library does not load');
  return version;
}

async function nativeFiles(pkg) {
  const libraries = join(pkg.folder, 'deps', 'lib');
  const paths = [pkg.binding, ...(await readdir(libraries)).sort().map((name) => join(libraries, name))];
  return Promise.all(paths.map(async (path) => stat(path).then(({ size, mtimeMs }) => [path, size, mtimeMs])));
}

/** Gives the package the `deps` and `lib` of a cache entry: as links where the system allows, else as copies. */
export async function linkEntry(pkg, entry) {
  for (const part of ['deps', 'lib']) {
    const path = join(pkg.folder, part);
    const link = await lstat(path).then(
      (file) => file.isSymbolicLink(),
      () => false,
    );
    await rm(path, { recursive: !link, force: true });
    const target = join(entry, part);
    await symlink(target, path, 'junction').catch(() => cp(target, path, { recursive: true }));
  }
}
