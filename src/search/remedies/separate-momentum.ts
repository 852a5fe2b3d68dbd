/**
 * Momentum separation (Jeon et al. 2025, arXiv 2503.10740): the optimizer's memory of past gradients is kept separately
 * for networks that differ in one choice, drawn once, so that a step does not continue in the direction of networks of
 * another kind. With n options of that choice the optimizer's state is n times as large. Averages of weights are
 * shared.
 */
import { WeftError } from '../../errors.js';
import { type Trainer } from '../../chain/chain.js';
import { type OptimizerState } from '../../chain/state.js';
import { type SearchSpace } from '../../graph/define-space.js';
import { stream } from '../../tensor/rng.js';

export interface SeparateMomentum<A = unknown> {
  /** The slot whose value determines the group. */
  readonly slot: number;
  /** The group of a network: its value of the slot. */
  groupOf(architecture: A): number;
  /** The state as a step of this group sees it; tensors are those of `state`. */
  enter(state: OptimizerState, group: number): OptimizerState;
  /** The whole state, with the group's part replaced by the state after the step. */
  leave(state: OptimizerState, stepped: OptimizerState, group: number): OptimizerState;
}

/** Groups by one choice of the space. Throws WeftError('config') if there is no choice. */
export function separateMomentum<A>(
  space: SearchSpace<A>,
  { links }: Pick<Trainer, 'links'>,
  seed: number | string,
): SeparateMomentum<A> {
  const slots = space.cardinalities.flatMap((cardinality, slot) => (cardinality > 1 ? [slot] : []));
  if (slots.length === 0)
    throw new WeftError(
      'config',
      `search.remedies.separateMomentum distinguishes networks by a choice, but '${space.name}' has none`,
      'leave it out',
    );
  const slot = stream(seed, 'momentum').pick(slots);
  // Averages are of weights, which all groups share.
  const common = new Set(links.filter(({ evaluation }) => evaluation).map(({ name }) => name));
  const isCommon = (key: string): boolean => common.has(key.slice(0, key.indexOf('/')));
  const groupIn = (group: number): Keys => {
    const mark = `path${group}:`;
    return {
      inside: (key) => {
        const at = key.indexOf('/') + 1;
        return key.startsWith(mark, at) ? key.slice(0, at) + key.slice(at + mark.length) : undefined;
      },
      outside: (key) => {
        const at = key.indexOf('/') + 1;
        return key.slice(0, at) + mark + key.slice(at);
      },
    };
  };
  return {
    slot,
    groupOf: (architecture) => space.genotype(architecture)[slot]!,
    enter({ tensors, counts }, group) {
      const { inside } = groupIn(group);
      const seen = <T>(entries: Readonly<Record<string, T>>): Record<string, T> =>
        Object.fromEntries(
          Object.entries(entries).flatMap(([key, value]) => {
            const name = isCommon(key) ? key : inside(key);
            return name === undefined ? [] : [[name, value] as const];
          }),
        );
      return { tensors: seen(tensors), counts: seen(counts) };
    },
    leave(state, stepped, group) {
      const { inside, outside } = groupIn(group);
      const merged = <T>(whole: Readonly<Record<string, T>>, part: Readonly<Record<string, T>>): Record<string, T> => ({
        ...Object.fromEntries(Object.entries(whole).filter(([key]) => !isCommon(key) && inside(key) === undefined)),
        ...Object.fromEntries(Object.entries(part).map(([key, value]) => [isCommon(key) ? key : outside(key), value])),
      });
      return { tensors: merged(state.tensors, stepped.tensors), counts: merged(state.counts, stepped.counts) };
    },
  };
}

/** Keys of a group's state in the whole state, and in the chain's state. */
interface Keys {
  inside(key: string): string | undefined;
  outside(key: string): string;
}
