/**
 * Initial values of parameters, drawn in JavaScript from a named stream so that they are the same on
 * every backend.
 */
import { type Rng } from '../tensor/rng.js';

export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly limit: number }
  /** The identity matrix of `side` rows. */
  | { readonly kind: 'identity'; readonly side: number };

export const zeros: Initializer = { kind: 'constant', value: 0 };
export const ones: Initializer = { kind: 'constant', value: 1 };

/** Normal with deviation sqrt(2 / fanIn): He et al. 2015, equation 10. */
export function heNormal(fanIn: number): Initializer {
  return { kind: 'normal', deviation: Math.sqrt(2 / fanIn) };
}

/** Uniform in ±sqrt(6 / (fanIn + fanOut)): Glorot & Bengio 2010, equation 16. */
export function glorotUniform(fanIn: number, fanOut: number): Initializer {
  return { kind: 'uniform', limit: Math.sqrt(6 / (fanIn + fanOut)) };
}

/**
 * A hundredth of `glorotUniform`. Outputs that begin near zero learn from the examples alone (Zhang et al. 2019, arXiv
 * 1901.09321, begin with zero); zero itself would give the layers before no gradient in the first step, and every
 * untrained network the same proxies.
 */
export function nearZero(fanIn: number, fanOut: number): Initializer {
  return { kind: 'uniform', limit: Math.sqrt(6 / (fanIn + fanOut)) / 100 };
}

/** `size` initial values. */
export function initialValues(initializer: Initializer, size: number, rng: Rng): Float32Array {
  switch (initializer.kind) {
    case 'constant':
      return new Float32Array(size).fill(initializer.value);
    case 'normal':
      return Float32Array.from({ length: size }, () => initializer.deviation * rng.normal());
    case 'uniform':
      return Float32Array.from({ length: size }, () => initializer.limit * (2 * rng.uniform() - 1));
    case 'identity':
      return Float32Array.from({ length: size }, (_, at) => Number(at % (initializer.side + 1) === 0));
  }
}
