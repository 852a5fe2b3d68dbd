/**
 * When curvature is refreshed: after every so many of a parameter's own updates, so that inactive weights do not count
 * as older.
 */
import { type SettleStep } from '../../chain/link.js';
import { type LinkMoment } from '../../chain/moment.js';

export interface Intervals {
  /** A parameter's own updates between two inverses. */
  readonly interval: number;
  /** A parameter's own updates between two measurements of the layers; `interval` by default. */
  readonly statisticsInterval?: number | undefined;
  /** Number of a parameter's first updates in each of which both are refreshed. */
  readonly warmUp?: number;
}

/** Reads and writes the ages of the parameters. */
export interface RefreshSchedule {
  /** Whether any of the parameters is due for a measurement in this step. */
  isDue(names: readonly string[]): boolean;
  /**
   * In a step with a capture, whether this block is measured. One that is due soon is measured too, so that blocks stay
   * in step.
   */
  measures(key: string): boolean;
  /** Whether a block that has been measured is due for a new inverse. */
  inverts(key: string): boolean;
  measured(names: readonly string[]): void;
  inverted(key: string): void;
  /** Records the end of a step for these parameters. */
  aged(names: readonly string[]): void;
}

export function refreshSchedule(
  { slots, choose }: Pick<SettleStep, 'slots' | 'choose'>,
  { interval, statisticsInterval = interval, warmUp = 0 }: Intervals,
): RefreshSchedule {
  // Ages are counted from 1, because a number is 0 until it is set.
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
    measures: (key) => choose(over('look', key, Math.floor(statisticsInterval / 2))),
    inverts: (key) => choose(over('inverse', key, interval - Math.floor(statisticsInterval / 2))),
    measured: (names) => names.forEach((name) => refresh('look', name)),
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
