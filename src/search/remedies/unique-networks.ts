/**
 * De-isomorphic sampling (Ning et al. 2021, arXiv 2008.03064, section 6.2): differently encoded architectures that are
 * the same network share one representative, and every network is drawn equally often. Sampled by encoding, networks
 * with many encodings would be trained most often, each time with different weights.
 */
import { WeftError } from '../../errors.js';
import { type SearchSpace } from '../../graph/define-space.js';

export interface UniqueNetworks<A = unknown> {
  /** The space, whose `sample` draws uniformly from the representatives. */
  readonly space: SearchSpace<A>;
  /** One architecture of each network: the first in the order of the space. */
  readonly representatives: readonly A[];
  /** The representative of the network that this architecture describes. */
  of(architecture: A): A;
}

/** Maximum size of a space that is listed; the canonical form of a graph takes less than a millisecond. */
export const MOST_LISTED = 60_000n;

/** The distinct networks of a space. Throws WeftError('config') for a space too large to list. */
export function uniqueNetworks<A>(space: SearchSpace<A>): UniqueNetworks<A> {
  const size = space.cardinalities.reduce((product, cardinality) => product * BigInt(cardinality), 1n);
  if (size > MOST_LISTED)
    throw new WeftError(
      'config',
      `search.remedies.uniqueNetworks lists all architectures of a space, but '${space.name}' has ${size}`,
      `leave it out, or make the space smaller with its options: up to ${MOST_LISTED} architectures can be listed`,
    );
  const byForm = new Map<string, A>();
  for (const architecture of space.enumerate()) {
    const form = space.canonicalForm(architecture);
    if (!byForm.has(form)) byForm.set(form, architecture);
  }
  const representatives = [...byForm.values()];
  return {
    space: { ...space, sample: (rng) => rng.pick(representatives) },
    representatives,
    of: (architecture) => byForm.get(space.canonicalForm(architecture)) ?? architecture,
  };
}
