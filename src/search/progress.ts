/** How long a search will still take, from the units of work that are left and what a unit has cost so far. */
import { type Phase } from './state.js';

export type WorkPhase = Exclude<Phase, 'done'>;

/** Seconds of one unit of work of each phase, as far as they are known. */
export type UnitSeconds = Readonly<Partial<Record<WorkPhase, number>>>;

export interface Progress {
  /** Notes that one unit of the phase took so many seconds. */
  note(phase: WorkPhase, seconds: number): void;
  /** Seconds that the remaining units will take, or undefined before anything was measured. */
  left(remaining: Readonly<Partial<Record<WorkPhase, number>>>): number | undefined;
}

/** Phases that have not run yet are guessed from a phase with similar work. */
const SIMILAR: Readonly<Partial<Record<WorkPhase, readonly [WorkPhase, factor: number]>>> = {
  controller: ['weights', 5],
  'epoch-end': ['weights', 5],
  derive: ['weights', 1],
  retrain: ['weights', 1],
  test: ['weights', 5],
};

/** Exponential averages with this weight for the newest unit. */
const RATE = 0.05;

/** An estimate that begins with what is known of the units. */
export function createProgress(known: UnitSeconds = {}): Progress {
  const cost = new Map<WorkPhase, number>(Object.entries(known) as [WorkPhase, number][]);
  const estimate = (phase: WorkPhase): number | undefined => {
    const measured = cost.get(phase);
    if (measured !== undefined) return measured;
    const [other, factor] = SIMILAR[phase] ?? [];
    const guess = other && cost.get(other);
    return guess === undefined ? undefined : guess * factor!;
  };
  return {
    note(phase, seconds) {
      const before = cost.get(phase);
      cost.set(phase, before === undefined ? seconds : before + RATE * (seconds - before));
    },
    left(remaining) {
      let total = 0;
      for (const [phase, units] of Object.entries(remaining) as [WorkPhase, number][]) {
        if (units === 0) continue;
        const each = estimate(phase);
        if (each === undefined) return undefined;
        total += units * each;
      }
      return total;
    },
  };
}
