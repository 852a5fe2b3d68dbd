/** A few networks of an elastic space, from the smallest to the largest, that represent all of its sizes. */
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { isOneOf } from '../space/choice.js';
import { stream } from '../tensor/rng.js';

/** The slots of a space that are sizes, with the indices of their options from the smallest to the largest. */
export function sizeSlots({ decisions }: Pick<SearchSpace, 'decisions'>): {
  slot: number;
  smallest: number;
  largest: number;
  count: number;
  ascending: readonly number[];
}[] {
  return decisions.flatMap(({ choice, offset }) => {
    if (!isOneOf(choice) || !choice.size) return [];
    const options = choice.options.map(Number);
    const ascending = options.map((_, index) => index).sort((a, b) => options[a]! - options[b]!);
    return [{ slot: offset, smallest: ascending[0]!, largest: ascending.at(-1)!, count: options.length, ascending }];
  });
}

/**
 * Throws WeftError('config') for a space without sizes, and so without a smallest and a largest network; `what` names
 * what needs them.
 */
export function requireSizes(space: SearchSpace, what: string): void {
  if (sizeSlots(space).length > 0) return;
  throw new WeftError(
    'config',
    `${what}: '${space.name}' has no sizes, so it has no largest network`,
    'use an elastic space: elastic-cnn, elastic-mlp, elastic-transformer',
  );
}

/**
 * `count` architectures (at least 2) whose sizes grow together from the smallest to the largest: each size is the same
 * fraction of the way through its options. Choices that are not sizes are the same for all, taken from one
 * architecture.
 */
export function networksBySize<A>(space: SearchSpace<A>, count: number): A[] {
  const base = space.genotype(space.sample(stream('levels', space.name)));
  const sizes = sizeSlots(space);
  return Array.from({ length: count }, (_, level) =>
    space.fromGenotype(
      sizes.reduce(
        (slots, { slot, ascending }) =>
          slots.with(slot, ascending[Math.round((level / (count - 1)) * (ascending.length - 1))]!),
        [...base],
      ),
    ),
  );
}
