import { BACKENDS, loadBackend, type BackendName } from '../../src/tensor/backend.js';

/**
 * A process can hold one of the two that come from TensorFlow: that for processors, or with WEFT_BACKEND=gpu that for a
 * device.
 */
export const NATIVE = process.env['WEFT_BACKEND'] === 'gpu' ? 'gpu' : 'native';

/** The backends on which everything must give the same numbers. */
export const PORTABLE: readonly BackendName[] = [
  NATIVE,
  ...BACKENDS.filter((name) => name !== 'gpu' && name !== 'native'),
];

/** Loads the backend; says whether that went well. */
export async function loads(backend: BackendName): Promise<boolean> {
  try {
    return (await loadBackend(backend)) === backend;
  } catch {
    return false;
  }
}

/** Declares the tests of `define` once for each portable backend; a backend that does not load is skipped. */
export function onEachBackend(define: (backend: BackendName) => void): void {
  for (const backend of PORTABLE) {
    describe(`on ${backend}`, () => {
      before(async function () {
        if (!(await loads(backend))) this.skip();
      });
      define(backend);
    });
  }
}
