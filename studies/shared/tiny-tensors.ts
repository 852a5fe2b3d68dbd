import { describeBackend, loadBackend } from 'weft-nas';

/**
 * Runs `f` on WebAssembly and goes back to the backend that was loaded: with networks of a few hundred weights a step
 * is dispatch and nothing else, and native kernels take twice as long to call.
 */
export async function withTinyTensors<T>(f: () => Promise<T>): Promise<T> {
  const before = describeBackend().name;
  await loadBackend('wasm');
  try {
    return await f();
  } finally {
    await loadBackend(before);
  }
}
