/** Estimates the remaining time of a search from the remaining units of work and the time per unit so far. */
import { type Phase } from './state.js';

export type WorkPhase = Exclude<Phase, 'done'>;

/** Seconds that a unit of work takes, and seconds that its phase takes once, for compiling and the like. */
export interface UnitCost {
  readonly each: number;
  readonly once: number;
}

/** Costs of the phases, as far as they are known. */
export type UnitCosts = Readonly<Partial<Record<WorkPhase, UnitCost>>>;

export interface Progress {
  /** Records the seconds that one unit of the phase took. */
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

/** Each unit weighs this much in the average of its phase, the first ones more. */
const RATE = 0.05;

/** An estimate that starts from known seconds per unit. */
export function createProgress(known: UnitCosts = {}): Progress {
  const average = new Map<WorkPhase, number>();
  const once = new Map<WorkPhase, number>();
  const noted = new Map<WorkPhase, number>();
  for (const [phase, cost] of Object.entries(known) as [WorkPhase, UnitCost][]) {
    average.set(phase, cost.each);
    once.set(phase, cost.once);
    noted.set(phase, 1 / RATE);
  }
  const estimate = (phase: WorkPhase): number | undefined => {
    const measured = average.get(phase);
    if (measured !== undefined) return measured;
    const [other, factor] = SIMILAR[phase] ?? [];
    const guess = other && average.get(other);
    return guess === undefined ? undefined : guess * factor!;
  };
  return {
    note(phase, seconds) {
      const count = (noted.get(phase) ?? 0) + 1;
      const before = average.get(phase) ?? seconds;
      // What is expected once is not an ordinary unit's.
      const extra = Math.min(once.get(phase) ?? 0, Math.max(0, seconds - before));
      once.set(phase, (once.get(phase) ?? 0) - extra);
      noted.set(phase, count);
      average.set(phase, before + Math.max(RATE, 1 / count) * (seconds - extra - before));
    },
    left(remaining) {
      let total = 0;
      for (const [phase, units] of Object.entries(remaining) as [WorkPhase, number][]) {
        if (units === 0) continue;
        const each = estimate(phase);
        if (each === undefined) return undefined;
        total += units * each + (once.get(phase) ?? 0);
      }
      return total;
    },
  };
}
