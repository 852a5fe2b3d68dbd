#!/usr/bin/env node
/**
 * Makes the native TensorFlow backend loadable, by the first way that works: it loads already; an earlier run left it
 * in the user's cache; the library that the package downloads; TensorFlow's Python package. What is fetched must have
 * the checksum that it is known to have. When none works it says so in one line and leaves the WebAssembly backend,
 * which needs no set-up. It can be run at any time, also twice at once, and continues where it was stopped.
 *
 *   node scripts/setup.mjs [--auto] [--force] [--gpu] [--no-native] [--quiet] [--from-wheel FILE] [--allow-unchecked]
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeEntry, openCache, readEntry, releaseLock, withLock } from './native/cache.mjs';
import { consumerFolder, findPackage, linkEntry, loadedVersion, putBack } from './native/package.mjs';
import { firstThatRuns, stopChildrenWithUs } from './native/processes.mjs';
import { findCompiler } from './native/compile.mjs';
import { stockRecipe, uncheckedRecipe } from './native/stock.mjs';
import { PYTHONS, wheelRecipe } from './native/wheel.mjs';
import { CPU_BUILD, CUDA_BUILD } from './native/wheels.mjs';

const FAILURE_HOLDS_MINUTES = 60;

const { values: options } = parseArgs({
  options: {
    auto: { type: 'boolean', default: false }, // before another command: silent when all is well, does not knock again soon after a failure
    force: { type: 'boolean', default: false }, // make it anew although it loads
    gpu: { type: 'boolean', default: false }, // the build for NVIDIA devices, with the libraries of CUDA
    native: { type: 'boolean', default: process.env.WEFT_SKIP_NATIVE !== '1' },
    quiet: { type: 'boolean', default: false },
    // the package's own script as the last resort, though nobody has published the checksum of the binding that it
    // downloads
    'allow-unchecked': { type: 'boolean', default: process.env.WEFT_ALLOW_UNCHECKED === '1' },
    'from-wheel': { type: 'string' },
  },
  allowNegative: true,
});

const say = (line) => {
  if (!options.quiet) console.error(`weft: ${line}`);
};
const again = `\`${consumerFolder() ? 'npx weft setup' : 'npm run setup'}\``;
const UNCHECKED = options['allow-unchecked']
  ? ''
  : ', with --allow-unchecked (WEFT_ALLOW_UNCHECKED=1) also what the package downloads without a known checksum';
const [wanted, instead] = options.gpu
  ? ['CUDA build of TensorFlow', 'the other backends are as before']
  : ['native TensorFlow', 'the WebAssembly backend is used instead'];
const giveUp = (reason) =>
  console.error(`weft: no ${wanted} (${reason}); ${instead}, ${again} tries again${UNCHECKED}`);

stopChildrenWithUs(releaseLock);
await setUp().catch((error) => giveUp(error.message));

async function setUp() {
  if (!options.native) return say('native TensorFlow is left out, as requested; the WebAssembly backend is used');
  if (options.gpu && !options.force && !(await firstThatRuns(['nvidia-smi'], ['-L']))) {
    throw new Error('nvidia-smi finds no NVIDIA device; with --force 3 GB are fetched all the same');
  }
  const name = options.gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  let pkg = findPackage(name);
  if (!pkg && consumerFolder()) {
    say(`putting back ${name}`);
    pkg = await putBack(name);
  }
  if (!pkg) throw new Error(`${name} was left out of the installation`);
  if (!options.force) {
    const version = await loadedVersion(pkg);
    if (version) return options.auto || say(`native TensorFlow ${version} loads`);
  }
  const cache = await openCache(join(pkg.folder, '..', '..', '.cache', 'weft'));
  await withLock(cache, say, () => provide(pkg, cache));
}

async function provide(pkg, cache) {
  // Whoever held the lock before may have done the work.
  if (!options.force && (await loadedVersion(pkg))) return;
  const recipes = inOrder();
  const ready = (version) => say(`native TensorFlow ${version} is ready`);
  if (!options.force) {
    for (const recipe of recipes) {
      const version = (await readEntry(cache, recipe.key(pkg))) && (await useEntry(recipe, pkg, cache));
      if (version) return ready(version);
    }
  }

  const circumstances = [
    pkg.name,
    pkg.version,
    pkg.napi,
    await firstThatRuns(PYTHONS),
    await findCompiler(),
    options['from-wheel'],
    options['allow-unchecked'],
  ].join(' ');
  const failure = await rememberedFailure(cache, circumstances);
  if (failure) return giveUp(`${failure}, tried less than an hour ago`);
  const reasons = [];
  for (const recipe of recipes) {
    try {
      await makeEntry(cache, recipe.key(pkg), (staging) =>
        recipe.make(pkg, staging, { cache, say, wheelFile: options['from-wheel'] }),
      );
      const version = await useEntry(recipe, pkg, cache);
      if (version) return ready(version);
      throw new Error('it was made but does not load');
    } catch (error) {
      reasons.push(`${recipe.name}: ${error.message}`);
    }
  }
  await writeFile(
    join(cache, 'failure.json'),
    JSON.stringify({ circumstances, at: Date.now(), reason: reasons.join('; ') }),
  );
  giveUp(reasons.join('; '));
}

/**
 * The stock library is older than the wheel's: on ARM older than what the models here were tested with, on a GPU than
 * what its driver and CUDA still know.
 */
function inOrder() {
  const fromWheel = wheelRecipe(options.gpu ? CUDA_BUILD : CPU_BUILD);
  if (options['from-wheel']) return [fromWheel];
  const checked = options.gpu || process.arch === 'arm64' ? [fromWheel, stockRecipe] : [stockRecipe, fromWheel];
  return options['allow-unchecked'] ? [...checked, uncheckedRecipe] : checked;
}

/** Links the recipe's entry into the package; resolves to the version that then loads, if one does. */
async function useEntry(recipe, pkg, cache) {
  await linkEntry(pkg, join(cache, recipe.key(pkg)));
  return loadedVersion(pkg);
}

async function rememberedFailure(cache, circumstances) {
  const path = join(cache, 'failure.json');
  if (!options.auto) await rm(path, { force: true });
  const failure = await readFile(path, 'utf8')
    .then(JSON.parse)
    .catch(() => undefined);
  // One from the future, left before the clock was set back, is as good as none.
  const age = Date.now() - failure?.at;
  const fresh = age >= 0 && age < FAILURE_HOLDS_MINUTES * 60_000;
  return fresh && failure.circumstances === circumstances ? failure.reason : undefined;
}
