/** An arm against the baseline: how much forgetting is gone, at what cost, and what of it may be claimed. */
import { bootstrap, type Interval, mean, standardError } from '../../../statistics/index.js';
import { type Rng } from '../../../tensor/rng.js';
import { type EpochMeasurement } from '../measurements.js';
import { FINAL_EPOCHS } from '../summary.js';
import { type Arm, type Pair } from './arms.js';

/** A value with its 95 % bootstrap interval: seeds are resampled, and within each its epochs, the same ones on both sides. */
export interface Contrast {
  readonly baseline: number;
  readonly value: number;
  readonly difference: number;
  readonly interval: Interval;
}

export interface Reduction {
  /** 1 - regularized / baseline; undefined where the baseline does not forget. */
  readonly share: number | undefined;
  readonly interval: Interval;
}

export interface ArmComparison {
  readonly arm: Arm;
  readonly pairs: readonly Pair[];
  readonly fromEpoch: number;
  readonly mean: Contrast;
  readonly best5: Contrast;
  readonly max: Contrast;
  readonly error: Contrast;
  readonly tau: Contrast;
  readonly reductions: { readonly mean: Reduction; readonly best5: Reduction; readonly max: Reduction };
  /** Over the last epochs: reward where both have one, else accuracy at the end of the epoch. */
  readonly performance: Contrast & { readonly of: 'reward' | 'accuracy' };
  /** err1 less the baseline's: what the regularizer costs in learning. */
  readonly intransigence: Contrast;
  /** Two standard errors of the baseline's mean forgetting over its epochs. */
  readonly noise: number;
  readonly verdict: string;
}

type Value = (epoch: EpochMeasurement) => number | null;

/** Compares the pairs of an arm over the epochs from `fromEpoch` on. */
export function compareArm(arm: Arm, pairs: readonly Pair[], fromEpoch: number, rng: Rng): ArmComparison {
  const from = (epochs: readonly EpochMeasurement[]): EpochMeasurement[] =>
    epochs.filter(({ epoch }) => epoch >= fromEpoch);
  const contrast = (of: Value, choose = from): Contrast => contrastOf(pairs, of, choose, rng);
  const last = (epochs: readonly EpochMeasurement[]): EpochMeasurement[] => epochs.slice(-FINAL_EPOCHS);
  const rewarded = pairs.every(({ baseline, run }) =>
    [baseline, run].every(({ analysis }) => last(analysis.measurements.epochs).every(({ reward }) => reward !== null)),
  );
  const baseline = pairs.flatMap(({ baseline: { analysis } }) =>
    from(analysis.measurements.epochs).map(({ loss }) => loss.meanDiff),
  );
  const noise = 2 * standardError(baseline);
  const reduce = (of: Value): Reduction => reductionOf(pairs, of, from, rng, noise);
  const result = {
    arm,
    pairs,
    fromEpoch,
    noise,
    mean: contrast(({ loss }) => loss.meanDiff),
    best5: contrast(({ loss }) => loss.best5Diff),
    max: contrast(({ loss }) => loss.maxDiff),
    error: contrast(({ error }) => error.meanDiff),
    tau: contrast(({ loss }) => loss.tau),
    reductions: {
      mean: reduce(({ loss }) => loss.meanDiff),
      best5: reduce(({ loss }) => loss.best5Diff),
      max: reduce(({ loss }) => loss.maxDiff),
    },
    performance: {
      of: rewarded ? ('reward' as const) : ('accuracy' as const),
      ...contrast(rewarded ? ({ reward }) => reward : ({ error }) => 1 - error.meanSecond, last),
    },
    intransigence: contrast(({ error }) => error.meanFirst),
  };
  return { ...result, verdict: verdictOf(result) };
}

type Choose = (epochs: readonly EpochMeasurement[]) => EpochMeasurement[];

/** Values of both sides of a pair at the epochs that both have. */
function aligned({ baseline, run }: Pair, of: Value, choose: Choose): { a: number[]; b: number[] } {
  const other = new Map(choose(run.analysis.measurements.epochs).map((epoch) => [epoch.epoch, of(epoch)]));
  const both = choose(baseline.analysis.measurements.epochs).flatMap((epoch) => {
    const [a, b] = [of(epoch), other.get(epoch.epoch)];
    return Number.isFinite(a) && Number.isFinite(b) ? [[a as number, b as number] as const] : [];
  });
  return { a: both.map(([a]) => a), b: both.map(([, b]) => b) };
}

function contrastOf(pairs: readonly Pair[], of: Value, choose: Choose, rng: Rng): Contrast {
  const values = pairs.map((pair) => aligned(pair, of, choose));
  const [baseline, value] = [mean(values.map(({ a }) => mean(a))), mean(values.map(({ b }) => mean(b)))];
  return { baseline, value, difference: value - baseline, interval: resampled(values, (a, b) => b - a, rng) };
}

function reductionOf(pairs: readonly Pair[], of: Value, choose: Choose, rng: Rng, noise: number): Reduction {
  const values = pairs.map((pair) => aligned(pair, of, choose));
  const [baseline, value] = [mean(values.map(({ a }) => mean(a))), mean(values.map(({ b }) => mean(b)))];
  if (!(baseline > noise)) return { share: undefined, interval: [NaN, NaN] };
  return { share: 1 - value / baseline, interval: resampled(values, (a, b) => 1 - b / a, rng) };
}

/** Interval of a function of the two grand means. */
function resampled(
  values: readonly { a: readonly number[]; b: readonly number[] }[],
  combine: (a: number, b: number) => number,
  rng: Rng,
): Interval {
  return bootstrap(
    values.length,
    (seeds) => {
      let [sumA, sumB] = [0, 0];
      for (const seed of seeds) {
        const { a, b } = values[seed]!;
        let [partA, partB] = [0, 0];
        for (let i = 0; i < a.length; i++) {
          const epoch = rng.int(a.length);
          partA += a[epoch]!;
          partB += b[epoch]!;
        }
        sumA += partA / a.length;
        sumB += partB / a.length;
      }
      return combine(sumA / seeds.length, sumB / seeds.length);
    },
    rng,
  );
}

/** One sentence, no stronger than the intervals. */
function verdictOf({
  arm,
  pairs,
  mean: forgetting,
  reductions: { mean: reduction },
  performance,
  noise,
}: Omit<ArmComparison, 'verdict'>): string {
  const seeds = pairs.length === 1 ? 'one seed, so that nothing is said of others' : `${pairs.length} seeds`;
  const same = pairs.every(({ differsFrom }) => differsFrom === undefined)
    ? 'the same architectures in the same order'
    : 'the same seeds, but not always the same architectures';
  const basis = `${seeds}; ${same}`;
  const cost = costOf(performance);
  if (reduction.share === undefined) {
    const where =
      forgetting.baseline < -noise
        ? `that is, training others has helped by more than two standard errors (${noise.toFixed(4)})`
        : `within two standard errors (${noise.toFixed(4)}) of none`;
    return `Without regularizer the mean change of the loss is ${forgetting.baseline.toFixed(4)} nats, ${where}: there is nothing for ${arm.name} to remove, and no reduction can be stated; ${cost}; ${basis}`;
  }
  const [low, high] = reduction.interval;
  const range = `95 % interval ${percent(low)} to ${percent(high)}`;
  if (low > 0) return `${arm.name} removes ${percent(reduction.share)} of mean forgetting (${range}) ${cost}; ${basis}`;
  if (high < 0)
    return `${arm.name} adds ${percent(-reduction.share)} to mean forgetting (95 % interval ${percent(-high)} to ${percent(-low)}) ${cost}; ${basis}`;
  return `No change of forgetting by ${arm.name} can be claimed: ${percent(reduction.share)} removed, ${range}; ${cost}; ${basis}`;
}

function costOf({ difference, interval: [low, high], of }: ArmComparison['performance']): string {
  const range = `${points(difference)} points, 95 % interval ${points(low)} to ${points(high)}`;
  if (high < 0) return `at a loss of ${of} (${range})`;
  if (low > 0) return `with more ${of} (${range})`;
  return `with no change of ${of} that can be claimed (${range})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0).replace('-', '−')} %`;
}

function points(share: number): string {
  return `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;
}
