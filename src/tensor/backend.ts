/**
 * Choosing and loading a TensorFlow.js backend: the GPU build, the native CPU build, WebAssembly,
 * plain JavaScript, in this order of preference.
 */
import { createRequire } from 'node:module';
import { WeftError } from '../errors.js';
import { tf } from './tf.js';

export type BackendName = 'gpu' | 'native' | 'wasm' | 'cpu';
export const BACKENDS: readonly BackendName[] = ['gpu', 'native', 'wasm', 'cpu'];

const require = createRequire(import.meta.url);

/** Loads the wanted backend, or the best that loads; resolves to its name. */
export async function loadBackend(wanted?: BackendName): Promise<BackendName> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  for (const name of wanted ? [wanted] : BACKENDS) {
    if (await tryLoad(name)) return name;
  }
  throw new WeftError('backend', `the backend '${wanted}' does not load`, 'run `weft doctor`');
}

async function tryLoad(name: BackendName): Promise<boolean> {
  try {
    if (name === 'gpu') require('@tensorflow/tfjs-node-gpu');
    if (name === 'native') require('@tensorflow/tfjs-node');
    if (name === 'wasm') require('@tensorflow/tfjs-backend-wasm');
    return await tf.setBackend(name === 'gpu' || name === 'native' ? 'tensorflow' : name);
  } catch {
    return false;
  }
}
