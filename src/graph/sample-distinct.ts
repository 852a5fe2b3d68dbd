/** Which architectures are compared: different networks, drawn uniformly. */
import { type SearchSpace } from './define-space.js';
import { type Rng } from '../tensor/rng.js';

/** Up to `count` architectures with different hashes; fewer where the space has hardly more. */
export function sampleDistinct<A>(
  space: SearchSpace<A>,
  count: number,
  rng: Rng,
): { architecture: A; encoding: string; hash: string }[] {
  const found = new Map<string, { architecture: A; encoding: string; hash: string }>();
  for (let draw = 0; found.size < count && draw < 50 * count; draw++) {
    const architecture = space.sample(rng);
    const hash = space.canonicalHash(architecture);
    if (!found.has(hash)) found.set(hash, { architecture, encoding: space.encode(architecture), hash });
  }
  return [...found.values()];
}
