/**
 * The state of a chain: a value outside it, keyed by link, slot and parameter name. It exists only for parameters that have been
 * trained: what is inactive in a step neither moves nor ages.
 */
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { tf, type Tensor } from '../tensor/tf.js';

/** Slots and counts by name. Tensor keys read `link/slot/parameter`, count keys `link/parameter`. */
export interface OptimizerState {
  readonly tensors: NamedTensors;
  readonly counts: Readonly<Record<string, number>>;
}

export const emptyState: OptimizerState = { tensors: {}, counts: {} };

/** What a link sees of its state, and where it writes the new one. Names are the parameters'. */
export interface Slots {
  get(slot: string, parameter: string): Tensor | undefined;
  /** Keeps the value for the state; it stays usable in this step. */
  set(slot: string, parameter: string, value: Tensor): void;
  /** Takes the value out of the state. */
  remove(slot: string, parameter: string): void;
  /** How often this parameter has been updated by this link, this time included. */
  count(parameter: string): number;
  /** A number of the link's own; 0 until it is set. */
  number(name: string): number;
  setNumber(name: string, value: number): void;
}

/** Disposes the tensors of `old` that `next` has replaced, and returns `next`. */
export function replaceState(old: OptimizerState, next: OptimizerState): OptimizerState {
  for (const [key, tensor] of Object.entries(old.tensors)) if (next.tensors[key] !== tensor) tensor.dispose();
  return next;
}

/** Changes to a state that do not touch it. */
export interface StateDraft {
  slots(link: string): Slots;
  /** The state with the changes. */
  commit(): OptimizerState;
  /** Disposes what was set. */
  discard(): void;
}

export function draftState(state: OptimizerState): StateDraft {
  const tensors: Record<string, Tensor> = {};
  const counts: Record<string, number> = {};
  const removed = new Set<string>();
  return {
    slots(link) {
      const counted = new Set<string>();
      const numberAt = (key: string): number => counts[key] ?? state.counts[key] ?? 0;
      return {
        get(slot, parameter) {
          const key = `${link}/${slot}/${parameter}`;
          return tensors[key] ?? (removed.has(key) ? undefined : state.tensors[key]);
        },
        set(slot, parameter, value) {
          const key = `${link}/${slot}/${parameter}`;
          if (tensors[key] !== value) tensors[key]?.dispose();
          tensors[key] = tf.keep(value);
        },
        remove(slot, parameter) {
          const key = `${link}/${slot}/${parameter}`;
          tensors[key]?.dispose();
          delete tensors[key];
          removed.add(key);
        },
        count(parameter) {
          const key = `${link}/${parameter}`;
          if (!counted.has(key)) {
            counted.add(key);
            counts[key] = numberAt(key) + 1;
          }
          return counts[key]!;
        },
        number: (name) => numberAt(`${link}/${name}`),
        setNumber(name, value) {
          counts[`${link}/${name}`] = value;
        },
      };
    },
    commit() {
      const kept =
        removed.size === 0
          ? state.tensors
          : Object.fromEntries(Object.entries(state.tensors).filter(([key]) => !removed.has(key)));
      return { tensors: { ...kept, ...tensors }, counts: { ...state.counts, ...counts } };
    },
    discard: () => disposeNamed(tensors),
  };
}
