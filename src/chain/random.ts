/** Random numbers of the current step, the same on every backend. */
import { type Rng, stream } from '../tensor/rng.js';
import { type LinkMoment } from './moment.js';

/** The random stream of one optimizer, step and purpose; `parts` distinguishes purposes. */
export function stepStream(
  { seed = 0, step }: Pick<LinkMoment, 'seed' | 'step'>,
  optimizer: string,
  ...parts: (string | number)[]
): Rng {
  return stream(seed, 'optimizer', optimizer, step, ...parts);
}

/** Standard normal numbers. */
export const normals = (size: number, { normal }: Rng): Float32Array =>
  Float32Array.from({ length: size }, () => normal());

/** Signs +1 and -1 with equal probability. */
export const randomSigns = (size: number, { uniform }: Rng): Float32Array =>
  Float32Array.from({ length: size }, () => (uniform() < 0.5 ? -1 : 1));
