/** Whether what is fused into one kernel for speed is to be composed of ordinary ones, so that its parts can be seen. */
let depth = 0;

export const isUnrolled = (): boolean => depth > 0;

/** Runs `f` while fused cells are composed of ordinary kernels: the same values up to rounding, in more time. */
export function unrolled<T>(f: () => T): T {
  depth++;
  try {
    return f();
  } finally {
    depth--;
  }
}
