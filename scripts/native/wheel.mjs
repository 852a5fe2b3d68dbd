/**
 * The Python packages of TensorFlow carry the C library and its headers. A wheel is fetched with pip (nothing is
 * installed, no Python is needed afterwards), checked, unpacked, and the package's two source files are compiled
 * against it.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from './checksum.mjs';
import { BINDING, compile, findCompiler } from './compile.mjs';
import { tryToLoad } from './package.mjs';
import { bytesBelow, firstThatRuns, run } from './processes.mjs';

const PYTHON = '3.11'; // The wheels', chosen freely: nothing of it runs. Any Python 3 with pip can fetch them.

// Only what the C API needs: the wheel holds ten thousand more headers.
const MEMBERS = `
import sys, zipfile
wanted = ('tensorflow/libtensorflow_', 'tensorflow/include/tensorflow/c/', 'tensorflow/include/tensorflow/core/platform/ctstring',
          'tensorflow/include/tsl/', 'tensorflow/include/xla/tsl/', 'tensorflow/THIRD_PARTY_NOTICES')
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])
`;

// The libraries of CUDA are next to TensorFlow's, as in Python's site-packages, where TensorFlow finds them.
const LIBRARIES = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if '/lib/' in name or name.endswith('License.txt')])
`;

/** The recipe that makes the package from one of the builds in `wheels.mjs`. */
export const wheelRecipe = (build) => ({
  name: 'the Python package of TensorFlow',
  key: (pkg) =>
    `${nameOf(pkg)}-tensorflow-${build.version}-${process.platform}-${process.arch}-napi${pkg.napi}-${BINDING}`,

  /** Fills `staging` with `deps` and `lib`; resolves to the entry's description. */
  async make(pkg, staging, { cache, say, wheelFile }) {
    const wheel = build.wheels[`${process.platform}-${process.arch}`];
    if (!wheel) throw new Error(`there is none for ${process.platform}-${process.arch}`);
    const python = await findPython();
    if (!python) throw new Error('it needs Python 3 with pip');
    const compiler = await findCompiler();
    if (!compiler) throw new Error('it needs a C++ compiler (g++ or clang++)');

    const work = join(staging, 'work');
    const fetch = (one) => fetchWheel(one, python, work, { cache, say });
    const file = wheelFile ?? (await fetch(wheel));
    if (wheelFile) await check(file, wheel);
    const further = [];
    for (const library of wheel.libraries ?? []) further.push(await fetch(library));
    say('unpacking the library');
    await run(python, ['-c', MEMBERS, file, work], { timeoutSeconds: 300 });
    const unpacked = join(work, 'tensorflow');
    const libraries = await placeLibraries(unpacked, staging);
    for (const library of further)
      await run(python, ['-c', LIBRARIES, library, join(staging, 'deps')], { timeoutSeconds: 600 });

    say('compiling the binding');
    const binding = join(staging, 'lib', `napi-v${pkg.napi}`, 'tfjs_binding.node');
    await compile(compiler, pkg, join(unpacked, 'include'), libraries, binding);
    await rm(work, { recursive: true });
    const version = await tryToLoad(binding);
    for (const fetched of wheelFile ? further : [file, ...further]) await rm(fetched);
    return { version };
  },
});

export const PYTHONS = ['python3', 'python'];
const findPython = () => firstThatRuns(PYTHONS, ['-m', 'pip', '--version']);
const nameOf = (pkg) => `${pkg.name.split('/')[1]}-${pkg.version}`;

/** Fetches the wheel, unless an earlier run has; it stays in the cache until the library is made from it. */
async function fetchWheel(wheel, python, work, { cache, say }) {
  const kept = join(cache, `${wheel.package}-${wheel.version}-${process.arch}.whl`);
  if (
    await check(kept, wheel).then(
      () => true,
      () => false,
    )
  )
    return kept;
  const temporary = join(work, 'tmp');
  const folder = join(work, wheel.package);
  await mkdir(temporary, { recursive: true });
  say(`fetching ${wheel.package} ${wheel.version} (${wheel.megabytes} MB)`);
  let shown = 0;
  const show = (bytes) => {
    const megabytes = Math.min(Math.round(bytes / 1e6), wheel.megabytes);
    if (megabytes < shown + 20) return;
    shown = megabytes;
    say(`  ${megabytes} of ${wheel.megabytes} MB`);
  };
  await run(
    python,
    [
      '-m',
      'pip',
      'download',
      '--no-deps',
      '--only-binary=:all:',
      '--progress-bar=off',
      '--disable-pip-version-check',
      '--retries=1',
      '--timeout=20',
      `--python-version=${PYTHON}`,
      '--implementation=cp',
      ...wheel.platforms.map((platform) => `--platform=${platform}`),
      `--dest=${folder}`,
      `${wheel.package}==${wheel.version}`,
    ],
    {
      env: { TMPDIR: temporary },
      timeoutSeconds: 3600,
      progress: { measure: () => bytesBelow(temporary), patience: () => 90, show },
    },
  );
  const [name] = await readdir(folder);
  await check(join(folder, name), wheel);
  await rename(join(folder, name), kept);
  return kept;
}

async function placeLibraries(unpacked, staging) {
  const folder = join(staging, 'deps', 'lib');
  await mkdir(folder, { recursive: true });
  const names = (await readdir(unpacked)).filter((name) => name.startsWith('libtensorflow_'));
  for (const name of names) await rename(join(unpacked, name), join(folder, name));
  await rename(join(unpacked, 'THIRD_PARTY_NOTICES.txt'), join(staging, 'deps', 'THIRD_PARTY_NOTICES.txt'));
  return names.map((name) => join(folder, name));
}
