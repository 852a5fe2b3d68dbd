/**
 * The state of a chain: a value outside it, keyed by link, slot and parameter name. It exists only for parameters that
 * have been trained: a parameter that is inactive in a step neither moves nor has its state changed.
 */
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { type StepMoment } from './moment.js';
import { tf, type Tensor } from '../tensor/tf.js';

/** Slots and counts by name. Tensor keys read `link/slot/parameter`, count keys `link/parameter`. */
export interface OptimizerState {
  readonly tensors: NamedTensors;
  readonly counts: Readonly<Record<string, number>>;
}

export const emptyState: OptimizerState = { tensors: {}, counts: {} };

/** A link's view of its own state, through which it also writes the new one. Names are those of parameters. */
export interface Slots {
  get(slot: string, parameter: string): Tensor | undefined;
  /** Stores the value in the state; it stays usable in this step. */
  set(slot: string, parameter: string, value: Tensor): void;
  /** Removes the value from the state. */
  remove(slot: string, parameter: string): void;
  /** Counts this update of the parameter; further calls in the same step have no effect. */
  advance(parameter: string): void;
  /**
   * How often this link has updated this parameter, this time included; counts this update. A step that calls it is not
   * compiled: `LinkStep.scalar` and `choose` provide the count in a way that can be.
   */
  count(parameter: string): number;
  /** A number in the link's state; 0 until it is set. A compiled step is reused only while the number is the same. */
  number(name: string): number;
  setNumber(name: string, value: number): void;
  /** Adds to a number, whatever it is. */
  addToNumber(name: string, term: number): void;
}

/** Is notified of the counts and numbers that a step reads outside declared functions. */
export interface StateWatcher {
  onCount(key: string): void;
  onNumber(key: string): void;
}

/** What a step has written besides tensors, in a form that is valid for another step too. */
export interface CountChanges {
  /** Keys of counts that increase by one. */
  readonly advanced: readonly string[];
  /** Numbers that are set or added to, in the order of the changes. */
  readonly numbers: readonly (readonly ['set' | 'add', string, number])[];
  /** Numbers that are set as functions of the moment. */
  readonly computed: readonly { readonly key: string; readonly of: (moment: StepMoment) => number }[];
  /** Keys of tensors that are removed. */
  readonly removed: readonly string[];
}

/** Disposes the tensors of `old` that `next` has replaced, and returns `next`. */
export function replaceState(old: OptimizerState, next: OptimizerState): OptimizerState {
  for (const [key, tensor] of Object.entries(old.tensors)) if (next.tensors[key] !== tensor) tensor.dispose();
  return next;
}

/** Collects changes to a state without touching it. */
export interface StateDraft {
  slots(link: string): Slots;
  /** Sets a number as a function of the moment. */
  remember(key: string, of: (moment: StepMoment) => number): void;
  /** The tensors that were set, and what else was changed. */
  changes(): { readonly tensors: NamedTensors; readonly changes: CountChanges };
  /** The state with the changes. */
  commit(): OptimizerState;
  /** Disposes what was set. */
  discard(): void;
}

/** The state with what a step has written at a moment; takes ownership of the tensors. */
export function withChanges(
  state: OptimizerState,
  written: NamedTensors,
  changes: CountChanges,
  moment: StepMoment,
): OptimizerState {
  const removed = new Set(changes.removed);
  const kept =
    removed.size === 0
      ? state.tensors
      : Object.fromEntries(Object.entries(state.tensors).filter(([key]) => !removed.has(key)));
  const counts = { ...state.counts };
  for (const key of changes.advanced) counts[key] = (counts[key] ?? 0) + 1;
  for (const [kind, key, value] of changes.numbers) counts[key] = kind === 'set' ? value : (counts[key] ?? 0) + value;
  for (const { key, of } of changes.computed) counts[key] = of(moment);
  return { tensors: { ...kept, ...written }, counts };
}

export function draftState(state: OptimizerState, watcher?: StateWatcher): StateDraft {
  const tensors: Record<string, Tensor> = {};
  const counts: Record<string, number> = {};
  const removed = new Set<string>();
  const advanced = new Set<string>();
  const numbers: ['set' | 'add', string, number][] = [];
  const computed: { key: string; of: (moment: StepMoment) => number }[] = [];
  const changes: StateDraft['changes'] = () => ({
    tensors,
    changes: { advanced: [...advanced], numbers, computed, removed: [...removed] },
  });
  return {
    slots(link) {
      const numberAt = (key: string): number => counts[key] ?? state.counts[key] ?? 0;
      const advance = (key: string): void => {
        if (advanced.has(key)) return;
        advanced.add(key);
        counts[key] = numberAt(key) + 1;
      };
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
        advance: (parameter) => advance(`${link}/${parameter}`),
        count(parameter) {
          const key = `${link}/${parameter}`;
          watcher?.onCount(key);
          advance(key);
          return counts[key]!;
        },
        number(name) {
          const key = `${link}/${name}`;
          // What the step itself has written follows from what it read earlier.
          if (watcher && !(key in counts)) watcher.onNumber(key);
          return numberAt(key);
        },
        setNumber(name, value) {
          counts[`${link}/${name}`] = value;
          numbers.push(['set', `${link}/${name}`, value]);
        },
        addToNumber(name, term) {
          const key = `${link}/${name}`;
          counts[key] = numberAt(key) + term;
          numbers.push(['add', key, term]);
        },
      };
    },
    remember: (key, of) => void computed.push({ key, of }),
    changes,
    commit() {
      const written = changes();
      return withChanges(state, written.tensors, written.changes, { step: 0, counts: state.counts });
    },
    discard: () => disposeNamed(tensors),
  };
}
