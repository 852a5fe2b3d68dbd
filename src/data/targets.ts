/** Regression targets: numbers that a network predicts for each example instead of a class. */
import { WeftError } from '../errors.js';
import { type Split, type Splits } from './split.js';

/**
 * How targets are scaled for the network, measured on the training part, and how its outputs are scaled back: y =
 * output·std + mean.
 */
export interface TargetScaling {
  readonly names: readonly string[];
  /** One number per target, in its own unit. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Range of target magnitudes whose fourth powers are still doubles. */
const [SMALLEST, LARGEST] = [1e-70, 1e70];

/**
 * Mean and standard deviation of each target of the training part. Throws WeftError('data') for a target that is
 * constant there, and for values in any part that are too large, or too close to each other, to be squared.
 */
export function measureTargets(splits: Splits, names: readonly string[]): TargetScaling {
  const { targets = new Float64Array() } = splits.train;
  const size = names.length;
  for (const split of Object.values(splits) as Splits[keyof Splits][]) {
    const large = split?.targets?.findIndex((value) => !(Math.abs(value) < LARGEST)) ?? -1;
    if (large >= 0)
      throw new WeftError(
        'data',
        `the target '${names[large % size]}' is ${split!.targets![large]}, whose square is too large to compute with`,
        'use another unit, or the logarithm',
      );
  }
  const count = targets.length / size;
  const mean = names.map((_, target) => meanOver(count, (i) => targets[i * size + target]!));
  const std = names.map((_, target) =>
    Math.sqrt(meanOver(count, (i) => (targets[i * size + target]! - mean[target]!) ** 2)),
  );
  const constant = std.findIndex((deviation) => !(deviation > SMALLEST));
  if (constant >= 0)
    throw new WeftError(
      'data',
      targets.some((value, i) => i % size === constant && value !== targets[constant])
        ? `the numbers of the target '${names[constant]}' differ by too little to compute with`
        : `the target '${names[constant]}' is ${mean[constant]} in every training example`,
      'a regression needs a column of different numbers: data.label',
    );
  return { names, mean, std };
}

const meanOver = (count: number, value: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += value(i);
  return sum / count;
};

/** The split with each target standardized: minus its mean, divided by its deviation. */
export function scaleTargets(split: Split, { mean, std }: TargetScaling): Split {
  const { targets } = split;
  if (!targets) return split;
  return { ...split, targets: targets.map((value, i) => (value - mean[i % mean.length]!) / std[i % std.length]!) };
}

/** All parts of a data set with scaled targets. */
export const scaleAllTargets = (splits: Splits, scaling: TargetScaling): Splits =>
  Object.fromEntries(Object.entries(splits).map(([name, split]) => [name, scaleTargets(split, scaling)])) as Splits;

/** Network outputs, row-major [count, targets], converted to the units of the targets. */
export const unscaleTargets = (outputs: ArrayLike<number>, { mean, std }: TargetScaling): Float64Array =>
  Float64Array.from(outputs, (value, i) => value * std[i % std.length]! + mean[i % mean.length]!);

/** Strata of a target's range, so that each part of the data has its share of small and large values. */
const STRATA = 10;
/** Minimum number of examples in a stratum, except for equal targets. */
const FEWEST = 10;

/** Exclusive upper bounds of ranges that hold about equally many of the first targets; none of them is empty. */
export function strataOf(targets: ArrayLike<number>, size: number): number[] {
  const sorted = Float64Array.from({ length: targets.length / size }, (_, i) => targets[i * size]!).sort();
  const count = Math.max(2, Math.min(STRATA, Math.floor(sorted.length / FEWEST)));
  const quantiles = Array.from({ length: count - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / count)]!);
  const bounds = [...new Set(quantiles)].filter((bound) => bound > sorted[0]!);
  // If one value accounts for more than half of all, it is its own stratum.
  const above = sorted.find((value) => value > sorted[0]!);
  return bounds.length > 0 || above === undefined ? bounds : [above];
}

/** The stratum of each example by its first target. */
export const stratumOf = (targets: ArrayLike<number>, size: number, bounds: readonly number[]): Int32Array =>
  Int32Array.from(
    { length: targets.length / size },
    (_, i) => bounds.filter((bound) => targets[i * size]! >= bound).length,
  );
