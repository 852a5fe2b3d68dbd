/** Intervals of statistics that are functions of means over one sample, such as a root mean squared error. */
import { type Rng } from '../tensor/rng.js';
import { type Interval } from './assess.js';

export interface BootstrapOptions {
  readonly rng: Rng;
  readonly confidence?: number;
}

/**
 * A function of the means of some columns, on a scale on which its errors are roughly homogeneous (for a scale
 * parameter: the logarithm).
 */
export interface MeanFunction {
  value(means: readonly number[]): number;
  /** Its derivatives with respect to the means. */
  gradient(means: readonly number[]): readonly number[];
}

/** Number of resamples, for small samples. */
const RESAMPLES = 2000;
const FEWEST_RESAMPLES = 200;
/** Total number of draws over all resamples. */
const MOST_DRAWS = 2e7;
/** With fewer examples there is no interval. */
const FEWEST_EXAMPLES = 8;
/** A smaller standard error of a logarithm is rounding alone. */
const ROUNDING = 1e-12;
/** Fraction of the resamples that may be degenerate, with no spread or no finite value. */
const MOST_VOID = 0.01;

/**
 * Intervals of functions of the means of some columns, over the examples of a sample: studentized bootstrap (Efron &
 * Tibshirani 1993, section 12.5) with standard errors by the delta method. Each column has one number per example.
 * Undefined for fewer than eight examples, and for a function that does not vary or is not finite.
 */
export function bootstrapIntervals<Name extends string>(
  columns: readonly ArrayLike<number>[],
  functions: Readonly<Record<Name, MeanFunction>>,
  { rng, confidence = 0.95 }: BootstrapOptions,
): Record<Name, Interval | undefined> {
  const count = columns[0]!.length;
  const names = Object.keys(functions) as Name[];
  if (count < FEWEST_EXAMPLES)
    return Object.fromEntries(names.map((name) => [name, undefined])) as Record<Name, undefined>;
  const all = names.map((name) => functions[name]);
  const examples = Uint32Array.from({ length: count }, (_, i) => i);
  const observed = estimates(columns, examples, all);
  const resamples = Math.max(FEWEST_RESAMPLES, Math.min(RESAMPLES, Math.floor(MOST_DRAWS / count)));
  const drawn = names.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < count; i++) examples[i] = rng.int(count);
    estimates(columns, examples, all).forEach(
      ({ value, error }, f) => (drawn[f]![resample] = (value - observed[f]!.value) / error),
    );
  }
  return Object.fromEntries(names.map((name, f) => [name, studentized(observed[f]!, drawn[f]!, confidence)])) as Record<
    Name,
    Interval | undefined
  >;
}

interface Estimate {
  readonly value: number;
  /** Its standard error. */
  readonly error: number;
}

/** Of these examples, some of which may occur several times. */
function estimates(
  columns: readonly ArrayLike<number>[],
  examples: Uint32Array,
  functions: readonly MeanFunction[],
): Estimate[] {
  const count = examples.length;
  const means = columns.map((column) => {
    let sum = 0;
    for (const example of examples) sum += column[example]!;
    return sum / count;
  });
  return functions.map((one) => {
    const gradient = one.gradient(means);
    let squares = 0;
    for (const example of examples) {
      let influence = 0;
      for (let c = 0; c < gradient.length; c++)
        if (gradient[c] !== 0) influence += gradient[c]! * (columns[c]![example]! - means[c]!);
      squares += influence ** 2;
    }
    return { value: one.value(means), error: Math.sqrt(squares / (count * (count - 1))) };
  });
}

/** The studentized distances of the resampled values from the observed one, reflected. */
function studentized({ value, error }: Estimate, drawn: Float64Array, confidence: number): Interval | undefined {
  const sorted = drawn.filter(Number.isFinite).sort();
  const isVoid = sorted.length < (1 - MOST_VOID) * drawn.length;
  if (!Number.isFinite(value) || !(error > ROUNDING) || isVoid || sorted[0] === sorted.at(-1)) return undefined;
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length + 1)) - 1))]!;
  const interval = [value - at((1 + confidence) / 2) * error, value - at((1 - confidence) / 2) * error] as const;
  return interval.every(Number.isFinite) ? interval : undefined;
}
