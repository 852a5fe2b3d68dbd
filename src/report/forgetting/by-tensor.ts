/** Where in the weights forgetting occurs: drift, Fisher information and the damage that they predict. */
import { largestOf } from '../../statistics/extremes.js';
import { mean, spearman } from '../../statistics/index.js';
import { groupBy } from './group-by.js';
import { type EpochMeasurement, type Measurements } from './measurements.js';

/** A tensor, or several combined; means over the epochs in which it was tracked. */
export interface TensorSummary {
  readonly name: string;
  readonly tensors: number;
  /** Number of times it was trained, over all epochs. */
  readonly trained: number;
  readonly fisherSum: number;
  /** |θ - θ̂|². */
  readonly drift: number;
  /** Drift over |θ̂|²; for several tensors the mean. */
  readonly relativeDrift: number;
  /** ½ Σ F (θ - θ̂)² in nats. */
  readonly predictedDamage: number;
  /** Its fraction of the damage of all tensors. */
  readonly damageShare: number;
  /** Fraction of the epochs in which norm clipping acted on it. */
  readonly clipped: number;
}

/** Every tracked tensor, most damage first. */
export function tensorSummaries({ epochs }: Pick<Measurements, 'epochs'>): TensorSummary[] {
  const entries = epochs.flatMap(({ tensors }) => tensors);
  const measured = [...groupBy(entries, ({ name }) => name)].map(([name, all]): Omit<TensorSummary, 'damageShare'> => ({
    name,
    tensors: 1,
    trained: sum(all.map(({ trained }) => trained)),
    fisherSum: mean(all.map(({ fisherSum }) => fisherSum)),
    drift: mean(all.map(({ drift }) => drift)),
    relativeDrift: mean(all.map(({ relativeDrift }) => relativeDrift)),
    predictedDamage: mean(all.map(({ predictedDamage }) => predictedDamage)),
    clipped: mean(all.map(({ clipped }) => Number(clipped))),
  }));
  const total = sum(measured.map(({ predictedDamage }) => predictedDamage));
  return measured
    .map((one) => ({ ...one, damageShare: total > 0 ? one.predictedDamage / total : 0 }))
    .sort((a, b) => b.predictedDamage - a.predictedDamage || (a.name < b.name ? -1 : 1));
}

/** Tensors grouped by a part of their name, in order of damage. */
export function mergeTensors(
  tensors: readonly TensorSummary[],
  keyOf: (name: string) => string | undefined,
): TensorSummary[] {
  const groups = groupBy(
    tensors.filter(({ name }) => keyOf(name) !== undefined),
    ({ name }) => keyOf(name)!,
  );
  return [...groups]
    .map(([name, members]) => ({
      name,
      tensors: members.length,
      trained: largestOf(members.map(({ trained }) => trained)),
      fisherSum: sum(members.map(({ fisherSum }) => fisherSum)),
      drift: sum(members.map(({ drift }) => drift)),
      relativeDrift: mean(members.map(({ relativeDrift }) => relativeDrift)),
      predictedDamage: sum(members.map(({ predictedDamage }) => predictedDamage)),
      damageShare: sum(members.map(({ damageShare }) => damageShare)),
      clipped: mean(members.map(({ clipped }) => clipped)),
    }))
    .sort((a, b) => b.predictedDamage - a.predictedDamage || (a.name < b.name ? -1 : 1));
}

/** The layer of a tensor: the first part of its name. */
export function layerOf(name: string): string {
  return name.split('/')[0]!;
}

/** Tensors that have Fisher information and whose drift exceeds rounding. */
export function movedTensors(tensors: readonly TensorSummary[]): TensorSummary[] {
  const rounding = 1e-12 * largestOf(tensors.map(({ drift }) => drift));
  return tensors.filter(({ fisherSum, drift }) => fisherSum > 0 && drift > rounding);
}

/**
 * Spearman's rho of Fisher information and drift over tensors: a regularizer weighted by Fisher information lowers it.
 */
export function fisherDriftCorrelation(tensors: readonly TensorSummary[]): number {
  const moved = movedTensors(tensors);
  return spearman(
    moved.map(({ fisherSum }) => fisherSum),
    moved.map(({ drift }) => drift),
  );
}

/** Damage that the quadratic model predicts for an epoch, over all tensors, in nats. */
export function predictedDamage({ tensors }: EpochMeasurement): number {
  return sum(tensors.map(({ predictedDamage }) => predictedDamage));
}

/** Histogram of log10 F over all tensors of the last epoch that has them. */
export function fisherHistogram({ epochs }: Pick<Measurements, 'epochs'>): number[] | undefined {
  const last = epochs.findLast(({ tensors }) => tensors.some(({ fisherLog10Histogram }) => fisherLog10Histogram));
  const histograms = last?.tensors.flatMap(({ fisherLog10Histogram }) =>
    fisherLog10Histogram ? [fisherLog10Histogram] : [],
  );
  return histograms?.[0]?.map((_, bin) => sum(histograms.map((histogram) => histogram[bin] ?? 0)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
