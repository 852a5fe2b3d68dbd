/** Whether fused kernels are to be replaced by compositions of ordinary ones, so that their parts can be observed. */
let depth = 0;

export const isUnrolled = (): boolean => depth > 0;

/** Runs `f` with fused cells composed of ordinary kernels: the same values up to rounding, more slowly. */
export function unrolled<T>(f: () => T): T {
  depth++;
  try {
    return f();
  } finally {
    depth--;
  }
}
