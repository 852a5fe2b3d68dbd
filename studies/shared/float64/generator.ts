/**
 * The generator with which the small problems of the flatness studies were calibrated: their published numbers belong
 * to its draws, which is why they do not come from `stream`.
 */

export interface Draws {
  /** Uniform in [0, 1) with 32 random bits. */
  uniform(): number;
  /** Standard normal: √(−2 ln u)·cos 2πu', one of a Box-Muller pair. */
  normal(): number;
}

/** Mulberry32 (T. Ettinger, public domain) from this seed. */
export function calibrationDraws(seed: number): Draws {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) };
}
