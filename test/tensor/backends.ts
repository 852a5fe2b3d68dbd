import { BACKENDS, loadBackend, type BackendName } from '../../src/tensor/backend.js';

/** The backends on which everything must give the same numbers. */
export const PORTABLE = BACKENDS.filter((name) => name !== 'gpu');

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
