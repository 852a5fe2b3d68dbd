/** Preprocessing shared by all predictors. */
import { WeftError } from '../errors.js';
import { mean, ranksFromBest } from '../statistics/index.js';
import { type Table } from '../trees/index.js';
import { type Features } from './contract.js';

/**
 * Throws WeftError('data') unless there are as many labels as rows, at least two, all numbers are finite and all rows
 * have the same length.
 */
export function checkPairs(features: Features, labels: readonly number[]): void {
  if (features.length !== labels.length)
    throw new WeftError('data', `${features.length} networks and ${labels.length} labels do not go together`);
  if (labels.length < 2)
    throw new WeftError('data', `a predictor cannot learn from ${labels.length} networks`, 'give it at least two');
  labels.forEach((label, i) => {
    if (!Number.isFinite(label))
      throw new WeftError('data', `the label of network ${i} is ${label}`, 'leave out networks that were not measured');
  });
  checkRows(features, features[0]!.length);
}

/** Throws WeftError('data') unless every row has `width` finite numbers. */
export function checkRows(features: Features, width: number): void {
  features.forEach((row, i) => {
    if (row.length !== width)
      throw new WeftError('data', `network ${i} is encoded by ${row.length} numbers, the first by ${width}`);
    if (!row.every(Number.isFinite)) throw new WeftError('data', `the encoding of network ${i} is not finite`);
  });
}

/** The rows concatenated. */
export function tableOf(features: Features): Table {
  const size = features[0]?.length ?? 0;
  const values = new Float64Array(features.length * size);
  features.forEach((row, i) => values.set(row, i * size));
  return { values, count: features.length, size };
}

export interface Scaling {
  /**
   * Standardizes rows to mean 0 and standard deviation 1 in each column of the rows it was fitted to; constant columns
   * are 0.
   */
  apply(features: Features): number[][];
}

/** The scaling of these rows. */
export function scalingOf(features: Features): Scaling {
  const width = features[0]!.length;
  const centres = Array.from({ length: width }, (_, j) => mean(features.map((row) => row[j]!)));
  const spreads = centres.map((centre, j) => Math.sqrt(mean(features.map((row) => (row[j]! - centre) ** 2))));
  return {
    apply(rows) {
      checkRows(rows, width);
      return rows.map((row) =>
        row.map((value, j) => (spreads[j]! > 1e-12 * Math.abs(centres[j]!) ? (value - centres[j]!) / spreads[j]! : 0)),
      );
    },
  };
}

export interface LabelScaling {
  readonly scaled: number[];
  readonly centre: number;
  readonly spread: number;
}

/** Labels with mean 0 and standard deviation 1; all 0 if they are equal. */
export function scaleLabels(labels: readonly number[]): LabelScaling {
  const centre = mean(labels);
  const spread = Math.sqrt(mean(labels.map((label) => (label - centre) ** 2)));
  return { centre, spread, scaled: labels.map((label) => (spread > 0 ? (label - centre) / spread : 0)) };
}

/**
 * Labels as ranks in 0..1, so that a search can tell them apart and a few failures do not outweigh the rest, with the
 * inverse.
 */
export interface RankedLabels {
  readonly ranks: number[];
  /**
   * The label at such a rank, linear between neighbours; extrapolated beyond the ends with the range of all labels, so
   * that the order is preserved.
   */
  labelAt(rank: number): number;
  /** Largest minus smallest label: the average value of one unit of rank. */
  readonly range: number;
}

/** The ranks of labels, the best near 1; ties share theirs. */
export function rankLabels(labels: readonly number[]): RankedLabels {
  const count = labels.length;
  const sorted = Float64Array.from(labels).sort();
  const range = sorted[count - 1]! - sorted[0]!;
  return {
    ranks: ranksFromBest(labels).map((rank) => (count + 0.5 - rank) / count),
    range,
    labelAt(rank) {
      const place = rank * count - 0.5;
      if (place <= 0) return sorted[0]! + (place / count) * range;
      if (place >= count - 1) return sorted[count - 1]! + ((place - count + 1) / count) * range;
      const below = Math.floor(place);
      return sorted[below]! + (place - below) * (sorted[below + 1]! - sorted[below]!);
    },
  };
}
