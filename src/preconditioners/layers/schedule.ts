/** When curvature is looked at: every so many of a parameter's own updates, so that a weight that rests does not age. */
import { type SettleStep } from '../../chain/link.js';
import { type LinkMoment } from '../../chain/moment.js';

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
  { slots, choose }: Pick<SettleStep, 'slots' | 'choose'>,
  { interval, statisticsInterval = interval, warmUp = 0 }: Intervals,
): RefreshSchedule {
  // Ages are counted from 1: 0 is what a number is before it is set.
  type What = 'look' | 'inverse';
  const over =
    (what: What, name: string, limit: number) =>
    ({ number }: LinkMoment): boolean => {
      const age = number(`${what} ${name}`);
      return number(`updates ${name}`) < warmUp || age === 0 || age > limit;
    };
  const refreshed = new Set<string>();
  const refresh = (what: What, name: string): void => {
    refreshed.add(`${what} ${name}`);
    slots.setNumber(`${what} ${name}`, 1);
  };
  return {
    isDue: (names) => choose((at) => names.some((name) => over('look', name, statisticsInterval)(at))),
    looks: (key) => choose(over('look', key, Math.floor(statisticsInterval / 2))),
    inverts: (key) => choose(over('inverse', key, interval - Math.floor(statisticsInterval / 2))),
    looked: (names) => names.forEach((name) => refresh('look', name)),
    inverted: (key) => refresh('inverse', key),
    aged(names) {
      for (const name of names) {
        slots.addToNumber(`updates ${name}`, 1);
        for (const what of ['look', 'inverse'] as const)
          if (refreshed.has(`${what} ${name}`) || choose(({ number }) => number(`${what} ${name}`) > 0))
            slots.addToNumber(`${what} ${name}`, 1);
      }
    },
  };
}
