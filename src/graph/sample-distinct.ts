/** Draws distinct networks uniformly, for comparisons. */
import { type SearchSpace } from './define-space.js';
import { type Rng } from '../tensor/rng.js';

/** Counts above which a space is not searched longer for networks that it may not have. */
const MOST_PATIENCE = 1000;

/** Up to `count` architectures with different hashes; fewer if the space has hardly more. */
export function sampleDistinct<A>(
  space: SearchSpace<A>,
  count: number,
  rng: Rng,
): { architecture: A; encoding: string; hash: string }[] {
  // If this many draws in a row find nothing new, there is hardly anything left.
  const patience = 50 * Math.min(count, MOST_PATIENCE);
  const found = new Map<string, { architecture: A; encoding: string; hash: string }>();
  let last = 0;
  for (let draw = 0; found.size < count && draw < 50 * count && draw - last <= patience; draw++) {
    const architecture = space.sample(rng);
    const hash = space.canonicalHash(architecture);
    if (found.has(hash)) continue;
    found.set(hash, { architecture, encoding: space.encode(architecture), hash });
    last = draw;
  }
  return [...found.values()];
}
