/**
 * Choices of which some count only where others take certain values: a space in which those that do not count keep one
 * value.
 */
import { type ChoiceSpace } from '../../space/choice-space.js';
import { type Rng } from '../../tensor/rng.js';

export interface Conditional<A> {
  /** The choices with a constraint that holds only for elements that `settle` leaves as they are. */
  readonly settled: ChoiceSpace<A>;
  /** The same choices without this constraint, which random draws would hardly ever meet. */
  readonly open: ChoiceSpace<A>;
  /** The element with the values that choices keep where they do not count. */
  settle(element: A): A;
}

const ATTEMPTS = 1000;

/**
 * The settled elements, drawn as often as an open one settles there; what moves from one to another changes a choice
 * that counts.
 */
export function conditionalSpace<A>({ settled, open, settle }: Conditional<A>): ChoiceSpace<A> {
  const textOf = (element: A): string => settled.encode(element);
  return {
    ...settled,
    sample: (rng) => settle(open.sample(rng)),
    fromGenotype: (genotype) => settle(open.fromGenotype(genotype)),
    mutate(element: A, rng: Rng): A {
      const text = textOf(element);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const mutant = settle(open.mutate(element, rng));
        if (textOf(mutant) !== text) return mutant;
      }
      return element;
    },
    neighbours(element) {
      const found = new Map(
        open
          .neighbours(element)
          .map((one) => settle(one))
          .map((one) => [textOf(one), one]),
      );
      found.delete(textOf(element));
      return [...found.values()];
    },
  };
}
