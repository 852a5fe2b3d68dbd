/** Deals architectures so that every option of a choice comes up equally often. */
import { type ControllerSetting, type Rng, WeftError } from 'weft-nas';

export interface FairDecks<A> {
  deal(rng: Rng): A;
  /** What is left in each slot's deck. */
  remaining(): number[][];
  restore(remaining: readonly (readonly number[])[]): void;
}

const MAX_SHUFFLES = 1000;

/**
 * One deck per slot with each of its values once, shuffled, and shuffled again when it is empty: after any number of
 * architectures the counts of any two values of a slot differ by at most one. For slots of equal size this is FairNAS's
 * scheme. If constraints forbid a hand, the remaining cards are reshuffled, and if that does not help whole decks, so
 * that fairness then holds only as far as the constraints allow.
 */
export function fairDecks<A>(space: ControllerSetting<A>['space']): FairDecks<A> {
  const full = (slot: number): number[] => Array.from({ length: space.cardinalities[slot]! }, (_, value) => value);
  let decks: number[][] = space.cardinalities.map(() => []);
  return {
    deal(rng) {
      decks = decks.map((deck, slot) => (deck.length > 0 ? deck : rng.shuffle(full(slot))));
      for (let attempt = 0; attempt < MAX_SHUFFLES; attempt++) {
        const architecture = space.fromGenotype(decks.map((deck) => deck.at(-1)!));
        if (space.satisfies(architecture)) {
          decks = decks.map((deck) => deck.slice(0, -1));
          return architecture;
        }
        decks = decks.map((deck, slot) => rng.shuffle(attempt < MAX_SHUFFLES / 10 ? deck : full(slot)));
      }
      throw new WeftError(
        'controller',
        `no architecture of '${space.name}' satisfied its constraints in ${MAX_SHUFFLES} attempts`,
        `loosen a constraint: ${space.constraints.map(({ name }) => name).join('; ')}`,
      );
    },
    remaining: () => decks.map((deck) => [...deck]),
    restore(remaining) {
      decks = remaining.map((deck) => [...deck]);
    },
  };
}
