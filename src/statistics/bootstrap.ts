/** Percentile bootstrap intervals (Efron & Tibshirani 1993, chapter 13). */
import { type Rng } from '../tensor/rng.js';
import { checkPaired } from './paired.js';
import { mean, quantile } from './summary.js';

export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** Random resamples. Default 2,000. */
  readonly resamples?: number;
  /** Share of the resampled values inside the interval. Default 0.95. */
  readonly confidence?: number;
}

/** Interval of a statistic of `count` exchangeable things, given as the places of those that were drawn. */
export function bootstrap(
  count: number,
  statistic: (places: Uint32Array) => number,
  rng: Rng,
  options: BootstrapOptions = {},
): Interval {
  const places = new Uint32Array(count);
  return intervalOf(() => {
    drawInto(places, rng);
    return statistic(places);
  }, options);
}

/** Interval of the mean. */
export function bootstrapMean(values: readonly number[], rng: Rng, options: BootstrapOptions = {}): Interval {
  return bootstrap(values.length, (places) => meanAt(values, places), rng, options);
}

/** Interval of mean(a) - mean(b); the samples are independent of each other and resampled so. */
export function bootstrapDifference(
  a: readonly number[],
  b: readonly number[],
  rng: Rng,
  options: BootstrapOptions = {},
): Interval {
  return bootstrapMeans(a, b, (meanA, meanB) => meanA - meanB, rng, options);
}

/** Interval of a function of the means of two samples, which are independent of each other and resampled so. */
export function bootstrapMeans(
  a: readonly number[],
  b: readonly number[],
  statistic: (meanA: number, meanB: number) => number,
  rng: Rng,
  options: BootstrapOptions = {},
): Interval {
  const placesA = new Uint32Array(a.length);
  const placesB = new Uint32Array(b.length);
  return intervalOf(() => {
    drawInto(placesA, rng);
    drawInto(placesB, rng);
    return statistic(meanAt(a, placesA), meanAt(b, placesB));
  }, options);
}

/** Interval of a statistic of pairs, each drawn as a whole; the default is the mean difference a - b. */
export function bootstrapPaired(
  a: readonly number[],
  b: readonly number[],
  rng: Rng,
  {
    statistic = meanDifference,
    ...options
  }: BootstrapOptions & { readonly statistic?: (a: readonly number[], b: readonly number[]) => number } = {},
): Interval {
  return bootstrap(
    checkPaired(a, b),
    (places) =>
      statistic(
        Array.from(places, (i) => a[i]!),
        Array.from(places, (i) => b[i]!),
      ),
    rng,
    options,
  );
}

function meanDifference(a: readonly number[], b: readonly number[]): number {
  return mean(a) - mean(b);
}

/** The middle of the drawn values; those that are no number (a rank correlation of a constant) are left out. NaN where all are. */
function intervalOf(draw: () => number, { resamples = 2000, confidence = 0.95 }: BootstrapOptions): Interval {
  const drawn = Array.from({ length: resamples }, draw).filter((value) => !Number.isNaN(value));
  if (drawn.length === 0) return [NaN, NaN];
  const tail = (1 - confidence) / 2;
  return [quantile(drawn, tail), quantile(drawn, 1 - tail)];
}

function drawInto(places: Uint32Array, rng: Rng): void {
  for (let i = 0; i < places.length; i++) places[i] = rng.int(places.length);
}

function meanAt(values: readonly number[], places: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < places.length; i++) sum += values[places[i]!]!;
  return sum / places.length;
}
