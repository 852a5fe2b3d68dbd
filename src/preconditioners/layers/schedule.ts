/** When curvature is looked at: every so many of a parameter's own updates, so that a weight that rests does not age. */
import { type Slots } from '../../chain/state.js';

export interface Intervals {
  /** Own updates from one inverse to the next. */
  readonly interval: number;
  /** Own updates from one look at the layers to the next; `interval` by default. */
  readonly statisticsInterval?: number | undefined;
  /** First own updates of a parameter, in each of which both are refreshed. */
  readonly warmUp?: number;
}

/** Reads and writes the ages of the parameters. */
export interface RefreshSchedule {
  /** Whether any of the parameters wants to be looked at in this step. */
  isDue(names: readonly string[]): boolean;
  /** Of a step with a capture: whether this block takes part. One that would be due soon does, so that blocks stay together. */
  looks(key: string): boolean;
  /** Whether a block that has been looked at wants a new inverse. */
  inverts(key: string): boolean;
  looked(names: readonly string[]): void;
  inverted(key: string): void;
  /** The end of a step for these parameters. */
  aged(names: readonly string[]): void;
}

export function refreshSchedule(
  slots: Slots,
  { interval, statisticsInterval = interval, warmUp = 0 }: Intervals,
): RefreshSchedule {
  // Ages are counted from 1: 0 is what a number is before it is set.
  const age = (what: 'look' | 'inverse', name: string): number => slots.number(`${what} ${name}`);
  const young = (name: string): boolean => slots.number(`updates ${name}`) < warmUp;
  const over = (what: 'look' | 'inverse', name: string, limit: number): boolean =>
    young(name) || age(what, name) === 0 || age(what, name) > limit;
  return {
    isDue: (names) => names.some((name) => over('look', name, statisticsInterval)),
    looks: (key) => over('look', key, Math.floor(statisticsInterval / 2)),
    inverts: (key) => over('inverse', key, interval - Math.floor(statisticsInterval / 2)),
    looked: (names) => names.forEach((name) => slots.setNumber(`look ${name}`, 1)),
    inverted: (key) => slots.setNumber(`inverse ${key}`, 1),
    aged(names) {
      for (const name of names) {
        slots.setNumber(`updates ${name}`, slots.number(`updates ${name}`) + 1);
        for (const what of ['look', 'inverse'] as const)
          if (age(what, name) > 0) slots.setNumber(`${what} ${name}`, age(what, name) + 1);
      }
    },
  };
}
