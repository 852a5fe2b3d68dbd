/** Evaluated architectures of which none beats another in all goals, and their text. */
import { type ChoiceSpace, type Evaluated, paretoFront, type Point } from 'weft-nas';

export type SavedMember = [encoding: string, reward: number, costs: readonly number[]];

/** Less is better in all: the reward turns its sign. */
export const pointOf = ({ reward, costs = [] }: Evaluated): Point => [-reward, ...costs];

/** Those that no other beats, the most rewarded first; of equal ones the first. */
export function frontOf<A>(some: readonly Evaluated<A>[]): Evaluated<A>[] {
  return paretoFront(some.map(pointOf)).map((index) => some[index]!);
}

/** The front of these and the results; what was evaluated again has its latest result. */
export function withResults<A>(
  space: ChoiceSpace<A>,
  front: readonly Evaluated<A>[],
  results: readonly Evaluated<A>[],
): Evaluated<A>[] {
  const again = new Set(results.map(({ architecture }) => space.encode(architecture)));
  return frontOf([...front.filter(({ architecture }) => !again.has(space.encode(architecture))), ...results]);
}

export function save<A>(space: ChoiceSpace<A>, some: readonly Evaluated<A>[]): [string, number, number[]][] {
  return some.map(({ architecture, reward, costs = [] }) => [space.encode(architecture), reward, [...costs]]);
}

export function load<A>(space: ChoiceSpace<A>, saved: readonly SavedMember[]): Evaluated<A>[] {
  return saved.map(([text, reward, costs]) => ({ architecture: space.decode(text), reward, costs }));
}
