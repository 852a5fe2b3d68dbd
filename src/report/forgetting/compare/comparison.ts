/** An arm against the baseline: how much forgetting is removed, at what cost, and which claims are justified. */
import { decimalText } from '../../../printable.js';
import {
  type Assessment,
  assessPaired,
  despiteInterval,
  type Interval,
  mean,
  obstacleOf,
  pairedRatioInterval,
  standardError,
} from '../../../statistics/index.js';
import { type EpochMeasurement } from '../measurements.js';
import { FINAL_EPOCHS } from '../summary.js';
import { type Arm, type Pair } from './arms.js';

/**
 * Means over seeds, each seed giving the mean over its epochs, and the paired differences between seeds. Epochs of one
 * seed are not independent, so each seed counts once.
 */
export interface Contrast extends Pick<Assessment, 'interval' | 'p' | 'claim' | 'obstacle' | 'fewest'> {
  readonly baseline: number;
  readonly value: number;
  readonly difference: number;
}

export interface Reduction {
  /** 1 - regularized / baseline; undefined if the baseline does not forget. */
  readonly share: number | undefined;
  /** Of the ratio of means over seeds (Fieller); undefined for fewer than three, and if the baseline may be zero. */
  readonly interval: Interval | undefined;
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
  /** Over the last epochs: reward if both have one, otherwise accuracy at the end of the epoch. */
  readonly performance: Contrast & { readonly of: 'reward' | 'accuracy' };
  /** err1 minus the baseline's: the cost of the regularizer in learning. */
  readonly intransigence: Contrast;
  /** Two standard errors of the baseline's mean forgetting over its epochs. */
  readonly noise: number;
  readonly verdict: string;
}

type Value = (epoch: EpochMeasurement) => number | null;

/** Compares the pairs of an arm over the epochs from `fromEpoch` on. */
export function compareArm(arm: Arm, pairs: readonly Pair[], fromEpoch: number): ArmComparison {
  const from = (epochs: readonly EpochMeasurement[]): EpochMeasurement[] =>
    epochs.filter(({ epoch }) => epoch >= fromEpoch);
  const contrast = (of: Value, choose = from): Contrast => contrastOf(pairs, of, choose);
  const last = (epochs: readonly EpochMeasurement[]): EpochMeasurement[] => epochs.slice(-FINAL_EPOCHS);
  const rewarded = pairs.every(({ baseline, run }) =>
    [baseline, run].every(({ analysis }) => last(analysis.measurements.epochs).every(({ reward }) => reward !== null)),
  );
  const baseline = pairs.flatMap(({ baseline: { analysis } }) =>
    from(analysis.measurements.epochs).map(({ loss }) => loss.meanDiff),
  );
  const noise = 2 * standardError(baseline);
  const reduce = (of: Value): Reduction => reductionOf(pairs, of, from, noise);
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

/** Means over the epochs of each pair. */
function meansOf(pairs: readonly Pair[], of: Value, choose: Choose): { a: number[]; b: number[] } {
  const known = pairs.map((pair) => aligned(pair, of, choose)).filter(({ a }) => a.length > 0);
  return { a: known.map(({ a }) => mean(a)), b: known.map(({ b }) => mean(b)) };
}

function contrastOf(pairs: readonly Pair[], of: Value, choose: Choose): Contrast {
  const { a, b } = meansOf(pairs, of, choose);
  const { value: difference, interval, p, claim, obstacle, fewest } = assessPaired(b, a);
  return { baseline: mean(a), value: mean(b), difference, interval, p, claim, obstacle, fewest };
}

function reductionOf(pairs: readonly Pair[], of: Value, choose: Choose, noise: number): Reduction {
  const { a, b } = meansOf(pairs, of, choose);
  const baseline = mean(a);
  if (!(baseline > noise)) return { share: undefined, interval: undefined };
  const ratio = pairedRatioInterval(b, a);
  return { share: 1 - mean(b) / baseline, interval: ratio && [1 - ratio[1], 1 - ratio[0]] };
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
  const seeds = pairs.length === 1 ? 'one seed, so nothing can be said about others' : `${pairs.length} seeds`;
  const same = pairs.every(({ differsFrom }) => differsFrom === undefined)
    ? 'the same architectures in the same order'
    : 'the same seeds, but not always the same architectures';
  const basis = `${seeds}; ${same}`;
  const cost = costOf(performance);
  if (reduction.share === undefined) {
    const where =
      forgetting.baseline < -noise
        ? `that is, training others has helped by more than two standard errors (${noise.toFixed(4)})`
        : `within two standard errors (${noise.toFixed(4)}) of zero`;
    return `Without regularizer the mean change of the loss is ${forgetting.baseline.toFixed(4)} nats, ${where}: there is nothing for ${arm.name} to remove, and no reduction can be stated; ${cost}; ${basis}`;
  }
  const range = reduction.interval
    ? `95 % interval ${percent(reduction.interval[0])} to ${percent(reduction.interval[1])}`
    : `${nats(forgetting.difference)} nats, no interval`;
  if (forgetting.claim === 'below')
    return `${arm.name} removes ${percent(reduction.share)} of mean forgetting (${range}) ${cost}; ${basis}`;
  if (forgetting.claim === 'above')
    return `${arm.name} adds ${percent(-reduction.share)} to mean forgetting (${reduction.interval ? `95 % interval ${percent(-reduction.interval[1])} to ${percent(-reduction.interval[0])}` : range}) ${cost}; ${basis}`;
  const why = obstacleOf({ ...forgetting, count: pairs.length }, 'seeds');
  if (forgetting.obstacle !== 'chance')
    return `With ${arm.name} mean forgetting is ${percent(Math.abs(reduction.share))} ${reduction.share < 0 ? 'higher' : 'lower'} in these runs (${range}); ${why}; ${cost}; ${basis}`;
  return `No change of forgetting by ${arm.name} can be claimed: ${percent(reduction.share)} removed, ${range}${despiteInterval(forgetting)}; ${cost}; ${basis}`;
}

function costOf({ difference, interval, claim, of }: ArmComparison['performance']): string {
  const range = `${points(difference)} points${interval ? `, 95 % interval ${points(interval[0])} to ${points(interval[1])}` : ''}`;
  if (claim === 'below') return `at a loss of ${of} (${range})`;
  if (claim === 'above') return `with more ${of} (${range})`;
  return `with no change of ${of} that can be claimed (${range})`;
}

function nats(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

function percent(share: number): string {
  return `${decimalText(100 * share, 0)} %`;
}

function points(share: number): string {
  return `${share < 0 ? '−' : '+'}${(100 * Math.abs(share)).toFixed(1)}`;
}
