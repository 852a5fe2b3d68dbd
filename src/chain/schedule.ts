/**
 * Learning-rate schedules: pure functions from the global step, counted from 0, to a rate. Lengths are in steps;
 * `stepsPerEpoch` times a number of epochs converts (see `scheduleFromConfig`).
 */

export type Schedule = (step: number) => number;

/** The same value at every step. */
export function constant(value: number): Schedule {
  return () => value;
}

export interface CosineOptions {
  maximum: number;
  minimum?: number;
  /** Steps until the minimum is reached; it stays there. */
  steps: number;
}

/** min + (max - min)(1 + cos(pi t/T))/2 (Loshchilov & Hutter 2017, eq. 5, without restarts). */
export function cosine({ maximum, minimum = 0, steps }: CosineOptions): Schedule {
  return (step) => cosineBetween(maximum, minimum, Math.min(step / steps, 1));
}

export interface WarmRestartOptions {
  maximum: number;
  minimum?: number;
  /** Steps of the first period. */
  period: number;
  /** Each period is this many times as long as the one before. */
  factor?: number;
}

/** Cosine that jumps back to its maximum at the end of each period (SGDR, Loshchilov & Hutter 2017). */
export function warmRestarts({ maximum, minimum = 0, period, factor = 1 }: WarmRestartOptions): Schedule {
  return (step) => {
    let [start, length] = [0, period];
    while (step >= start + length) {
      start += length;
      length *= factor;
    }
    return cosineBetween(maximum, minimum, (step - start) / length);
  };
}

export interface LinearOptions {
  from: number;
  to: number;
  steps: number;
}

/** A straight line from `from` at step 0 to `to` at step `steps`, constant afterwards. */
export function linear({ from, to, steps }: LinearOptions): Schedule {
  return (step) => from + (to - from) * Math.min(step / steps, 1);
}

export interface StepDecayOptions {
  initial: number;
  factor: number;
  /** Steps at which the rate is multiplied by `factor`. */
  at: readonly number[];
}

/** Multiplied by `factor` at each of the given steps. */
export function stepDecay({ initial, factor, at }: StepDecayOptions): Schedule {
  return (step) => initial * factor ** at.filter((boundary) => step >= boundary).length;
}

export interface ExponentialOptions {
  initial: number;
  factor: number;
  /** Steps between two multiplications. */
  every: number;
  /** The first multiplication comes `every` steps after this step. */
  from?: number;
  minimum?: number;
}

/** Multiplied by `factor` at regular intervals, as a staircase: max(min, initial factor^floor((t - from)/every)). */
export function exponential({ initial, factor, every, from = 0, minimum = 0 }: ExponentialOptions): Schedule {
  return (step) => Math.max(minimum, initial * factor ** Math.floor(Math.max(step - from, 0) / every));
}

/** Rises linearly over the first `steps` steps, reaching the full rate of `schedule` with the last of them. */
export function warmUp(schedule: Schedule, steps: number): Schedule {
  return (step) => schedule(step) * Math.min((step + 1) / steps, 1);
}

/** The schedule held constant within each epoch, as if the rate were set once per epoch. */
export function byEpoch(schedule: Schedule, stepsPerEpoch: number): Schedule {
  return (step) => schedule(Math.floor(step / stepsPerEpoch) * stepsPerEpoch);
}

function cosineBetween(maximum: number, minimum: number, progress: number): number {
  return minimum + (maximum - minimum) * 0.5 * (1 + Math.cos(Math.PI * progress));
}
