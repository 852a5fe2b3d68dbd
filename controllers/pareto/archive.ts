/** An archive of non-dominated architectures, and its serialization. */
import { type ChoiceSpace, type Evaluated, paretoFront, type Point } from 'weft-nas';

export type SavedMember = [encoding: string, reward: number, costs: readonly number[]];

/** The point to minimize: the negated reward, and the costs. */
export const pointOf = ({ reward, costs = [] }: Evaluated): Point => [-reward, ...costs];

/** The non-dominated ones, highest reward first; of equal ones only the first. */
export function frontOf<A>(some: readonly Evaluated<A>[]): Evaluated<A>[] {
  return paretoFront(some.map(pointOf)).map((index) => some[index]!);
}

/** The front of these and the new results; a repeated evaluation replaces the earlier one. */
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
