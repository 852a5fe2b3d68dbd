/** Intervals of what is computed from means over one sample, such as a root mean squared error. */
import { cumulativeStdNormalProbability, probit } from 'simple-statistics';
import { type Rng } from '../tensor/rng.js';
import { type Interval } from './assess.js';

export interface BootstrapOptions {
  readonly rng: Rng;
  readonly confidence?: number;
}

/** Samples are drawn again so often, where they are small. */
const RESAMPLES = 2000;
const FEWEST_RESAMPLES = 200;
/** Draws that all resamples take together. */
const MOST_DRAWS = 2e7;
/** With fewer examples there is no interval. */
const FEWEST_EXAMPLES = 8;

/**
 * Intervals of statistics that are functions of the means of some columns, over the examples of a sample: bias-corrected and accelerated
 * bootstrap (Efron 1987, equation 6.8). Columns have one number for each example. Undefined for fewer than eight examples, and for a statistic that does not vary or is not finite.
 */
export function bootstrapIntervals<Name extends string>(
  columns: readonly ArrayLike<number>[],
  statistics: Readonly<Record<Name, (means: readonly number[]) => number>>,
  { rng, confidence = 0.95 }: BootstrapOptions,
): Record<Name, Interval | undefined> {
  const count = columns[0]!.length;
  const names = Object.keys(statistics) as Name[];
  const sums = columns.map((column) => sumOf(count, (i) => column[i]!));
  const value = (of: readonly number[], divisor: number): number[] =>
    names.map((name) => statistics[name](of.map((sum) => sum / divisor)));
  const none = Object.fromEntries(names.map((name) => [name, undefined])) as Record<Name, Interval | undefined>;
  if (count < FEWEST_EXAMPLES) return none;

  const observed = value(sums, count);
  const resamples = Math.max(FEWEST_RESAMPLES, Math.min(RESAMPLES, Math.floor(MOST_DRAWS / count)));
  const drawn = names.map(() => new Float64Array(resamples));
  for (let resample = 0; resample < resamples; resample++) {
    const totals = columns.map(() => 0);
    for (let i = 0; i < count; i++) {
      const example = rng.int(count);
      columns.forEach((column, c) => (totals[c]! += column[example]!));
    }
    value(totals, count).forEach((one, s) => (drawn[s]![resample] = one));
  }
  const left = names.map(() => new Float64Array(count));
  for (let i = 0; i < count; i++)
    value(
      sums.map((sum, c) => sum - columns[c]![i]!),
      count - 1,
    ).forEach((one, s) => (left[s]![i] = one));
  return Object.fromEntries(
    names.map((name, s) => [name, accelerated(observed[s]!, drawn[s]!, left[s]!, confidence)]),
  ) as Record<Name, Interval | undefined>;
}

/** Quantiles of the resampled values, moved by the bias of their median and by how much the spread depends on the value (from leaving each example out). */
function accelerated(
  observed: number,
  drawn: Float64Array,
  left: Float64Array,
  confidence: number,
): Interval | undefined {
  const sorted = drawn.toSorted();
  if (!Number.isFinite(observed) || !sorted.every(Number.isFinite) || sorted[0] === sorted.at(-1)) return undefined;
  const below =
    sorted.filter((value) => value < observed).length + sorted.filter((value) => value === observed).length / 2;
  const bias = probit(Math.min(Math.max(below / sorted.length, 0.5 / sorted.length), 1 - 0.5 / sorted.length));
  const centre = sumOf(left.length, (i) => left[i]!) / left.length;
  const squares = sumOf(left.length, (i) => (centre - left[i]!) ** 2);
  const acceleration = squares > 0 ? sumOf(left.length, (i) => (centre - left[i]!) ** 3) / (6 * squares ** 1.5) : 0;
  const end = (tail: number): number => {
    const z = bias + probit(tail);
    const share = cumulativeStdNormalProbability(bias + z / (1 - acceleration * z));
    return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length + 1)) - 1))]!;
  };
  return [end((1 - confidence) / 2), end((1 + confidence) / 2)];
}

function sumOf(count: number, value: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += value(i);
  return sum;
}
