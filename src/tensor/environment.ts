/** What the environment says about backends: which one is asked for, how many threads, which libraries are installed. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { WeftError } from '../errors.js';

const require = createRequire(import.meta.url);

/** The whole number of at least 1 in WEFT_THREADS, if it is set. */
export function threadsFromEnvironment(): number | undefined {
  const text = process.env['WEFT_THREADS'];
  if (!text) return undefined;
  if (!/^[1-9]\d*$/.test(text))
    throw new WeftError('backend', `WEFT_THREADS is '${text}'`, 'a whole number of at least 1');
  return Number(text);
}

/** Has TensorFlow compute with this many threads. It looks only once, when it is loaded. */
export function limitThreads(threads: number): void {
  process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
}

/**
 * Has TensorFlow run sessions in the thread that calls them, where they would otherwise be handed to a pool and back at every step; the
 * threads within an operation stay. A variable that is set already wins. It looks only once, when it is loaded.
 */
export function runSessionsInCaller(): void {
  process.env['TF_NUM_INTEROP_THREADS'] ??= '-1';
}

/** How many threads TensorFlow uses, or will use. */
export function tensorflowThreads(): number {
  return Number(process.env['TF_NUM_INTRAOP_THREADS']) || availableParallelism();
}

/**
 * Why the package of native kernels cannot be loaded, as far as its files tell; undefined when nothing speaks against it.
 * Asked first because a package that fails to load leaves its kernels registered behind it.
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
 * Has the libraries of CUDA compute in whole float32 (an H100 rounds factors of products to 10 bits otherwise, and curvature is
 * lost in that), in the same order every time, and take only the memory they need, so that several processes share a device.
 * Variables that are set already win. They look only once, when they are loaded. Not for a process that then computes on the
 * processor: oneDNN is turned off, because it is hardly used with a device and would print a message about its speed on the terminal.
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
 * Whether tfjs-node-gpu finds a device. It is asked in a separate process: without one it computes on the processor with
 * an older library, and the better one can then no longer be loaded.
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
