/**
 * What the environment says about backends: which one is requested, how many threads, which libraries are installed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { WeftError } from '../errors.js';
import { gainsFromOneDnn, vectorInstructions } from './processor.js';

const require = createRequire(import.meta.url);

/** The whole number of at least 1 in WEFT_THREADS, if it is set. */
export function threadsFromEnvironment(): number | undefined {
  const text = process.env['WEFT_THREADS'];
  if (!text) return undefined;
  if (!/^[1-9]\d*$/.test(text))
    throw new WeftError('backend', `WEFT_THREADS is '${text}'`, 'a whole number of at least 1');
  return Number(text);
}

/** Makes TensorFlow use this many threads. TensorFlow reads the setting only once, when it is loaded. */
export function limitThreads(threads: number): void {
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
}

/**
 * Makes TensorFlow run the operations of a session one after the other, in a thread of its own. In the calling thread
 * they would keep subnormal numbers, which operations outside of sessions flush to zero: only there is the processor's
 * flag not set. A variable that is already set takes precedence unless it asks for the calling thread. TensorFlow reads
 * it only once, when it is loaded.
 */
export function runSessionsInOrder(): void {
  const asked = Number(process.env['TF_NUM_INTEROP_THREADS']);
  if (!(asked > 0)) process.env['TF_NUM_INTEROP_THREADS'] = '1';
}

/**
 * Makes TensorFlow use oneDNN on processors that gain from it and where it does not do so by itself. A variable that is
 * already set takes precedence. TensorFlow reads it only once, when it is loaded.
 */
export function useOneDnn(): void {
  if (gainsFromOneDnn(vectorInstructions() ?? '')) process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
}

/** How many threads TensorFlow uses, or will use. */
export function tensorflowThreads(): number {
  return Number(process.env['TF_NUM_INTRAOP_THREADS']) || availableParallelism();
}

/**
 * Why the package of native kernels cannot be loaded, as far as its files show; undefined if nothing is wrong with
 * them. Checked first because a package that fails to load leaves its kernels registered.
 */
export function whyNotInstalled(packageName: string): string | undefined {
  let manifest;
  try {
    manifest = require.resolve(`${packageName}/package.json`);
  } catch {
    return `${packageName} is not installed`;
  }
  const locator = createRequire(manifest)('@mapbox/node-pre-gyp') as { find(manifest: string): string };
  return existsSync(locator.find(manifest)) ? undefined : `the native library of ${packageName} is not installed`;
}

/**
 * Makes the CUDA libraries compute in full float32 (an H100 otherwise rounds the factors of products to 10 bits, and
 * curvature is lost in that), in the same order every time, and allocate only the memory they need, so that several
 * processes can share a device. Variables that are already set take precedence. The libraries read them only once, when
 * they are loaded. Not for a process that then computes on the processor: oneDNN is turned off, because a GPU build
 * hardly uses it and it would print a performance message.
 */
export function computeExactlyOnGpu(): void {
  for (const [name, value] of Object.entries(GPU_VARIABLES)) process.env[name] ??= value;
}

const GPU_VARIABLES = {
  NVIDIA_TF32_OVERRIDE: '0',
  TF_DETERMINISTIC_OPS: '1',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  TF_ENABLE_ONEDNN_OPTS: '0',
};

/**
 * Whether tfjs-node-gpu finds a device. A separate process asks: without a device it computes on the processor with
 * an older library, and the better one could then no longer be loaded.
 */
export function seesGpu(): boolean {
  const script = `process.exitCode = require(process.argv[1]).backend().isUsingGpuDevice ? 0 : 1`;
  try {
    execFileSync(process.execPath, ['-e', script, require.resolve('@tensorflow/tfjs-node-gpu')], {
      stdio: 'ignore',
      timeout: 60_000,
      env: { ...GPU_VARIABLES, ...process.env },
    });
    return true;
  } catch {
    return false;
  }
}
