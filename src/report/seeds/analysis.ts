/**
 * One search with several seeds: the strategy compared with random sampling from the same supernets at equal cost, with
 * intervals and claims.
 */
import { decimalText } from '../../printable.js';
import { smallestOf } from '../../statistics/extremes.js';
import { WeftError } from '../../errors.js';
import { type RandomComparison } from '../../search/comparison.js';
import { SQUARED_ERROR } from '../../search/objective.js';
import {
  assessMean,
  type Assessment,
  assessPaired,
  type Interval,
  mean,
  despiteInterval,
  obstacleOf,
  pairedRatioInterval,
  standardDeviation,
} from '../../statistics/index.js';

/** The result of the search with one seed, from a run's summary. */
export interface SeedRun {
  readonly seed: number;
  readonly space: string;
  readonly controller: string;
  readonly derived: { readonly architecture: string };
  readonly test?: { readonly loss: number; readonly accuracy?: number; readonly targets?: object } | undefined;
  readonly comparison?: RandomComparison | undefined;
}

export interface OverSeeds {
  readonly value: number;
  /** 95 % interval over seeds; undefined for fewer than three, and if all give the same value. */
  readonly interval: Interval | undefined;
  readonly bySeed: readonly number[];
}

/** Strategy against random sampling by one measure. */
export interface Advantage {
  readonly controller: readonly number[];
  readonly random: readonly number[];
  /** The advantage of the strategy: higher accuracy, or lower loss. */
  readonly difference: OverSeeds & Pick<Assessment, 'p' | 'claim' | 'obstacle' | 'fewest'>;
  /**
   * 100·(strategy - random) / random of the means over seeds, with the sign reversed for losses (Yang et al. 2020,
   * arXiv 1912.12522, equation 1).
   */
  readonly relative: OverSeeds;
}

export interface SeedsAnalysis {
  readonly space: string;
  readonly controller: string;
  readonly measure: RandomComparison['measure'];
  /** The unit of differences. */
  readonly unit: string;
  readonly runs: readonly SeedRun[];
  /** Samples on average, and the best of equally many of each; undefined if no search drew random ones. */
  readonly means: Advantage | undefined;
  readonly best: Advantage | undefined;
  /** Candidates of each kind in each search. */
  readonly count: number;
  /** Test quality of the derived networks, trained alone. */
  readonly test: (OverSeeds & { readonly standardDeviation: number }) | undefined;
  readonly verdict: string;
}

/** Analyses runs that differ only in the seed. Throws WeftError('run') for runs of different spaces or strategies. */
export function analyseSeeds(runs: readonly SeedRun[]): SeedsAnalysis {
  const ordered = [...runs].sort((a, b) => a.seed - b.seed);
  const [first] = ordered;
  if (!first) throw new WeftError('run', 'no run was named', 'name run directories of finished searches');
  for (const field of ['space', 'controller'] as const) {
    const other = ordered.find((run) => run[field] !== first[field]);
    if (other)
      throw new WeftError(
        'run',
        `a ${field} '${other[field]}' cannot be averaged with '${first[field]}'`,
        'name runs of one search with several seeds; `weft report RUN` reports a single run',
      );
  }
  const twice = ordered.find((run, i) => run.seed === ordered[i + 1]?.seed);
  if (twice) throw new WeftError('run', `two runs have the seed ${twice.seed}`, 'name each seed once');
  const compared = ordered.flatMap(({ comparison }) => comparison ?? []);
  const all = compared.length === ordered.length;
  const measure = first.comparison?.measure ?? (first.test?.accuracy === undefined && first.test ? 'loss' : 'accuracy');
  const unit = first.test?.targets ? SQUARED_ERROR : measure === 'loss' ? 'nats per token' : 'points';
  const means = all
    ? advantage(
        compared.map((one) => one.controllerMean),
        compared.map((one) => one.randomMean),
        measure,
      )
    : undefined;
  return {
    space: first.space,
    controller: first.controller,
    measure,
    unit,
    runs: ordered,
    means,
    best: all
      ? advantage(
          compared.map((one) => one.controllerBest),
          compared.map((one) => one.randomBest),
          measure,
        )
      : undefined,
    count: smallestOf(compared.map(({ count }) => count)),
    test: testOf(ordered, measure),
    verdict: verdictOf(first.controller, means, measure, unit),
  };
}

function advantage(
  controller: readonly number[],
  random: readonly number[],
  measure: SeedsAnalysis['measure'],
): Advantage {
  const sign = measure === 'loss' ? -1 : 1;
  const relativeOf = (mine: readonly number[], theirs: readonly number[]): number =>
    (100 * sign * (mean(mine) - mean(theirs))) / mean(theirs);
  const [ahead, behind] = sign > 0 ? [controller, random] : [random, controller];
  const { value, interval, p, claim, obstacle, fewest } = assessPaired(ahead, behind);
  const ratio = pairedRatioInterval(controller, random)
    ?.map((end) => 100 * sign * (end - 1))
    .sort((a, b) => a - b);
  return {
    controller,
    random,
    difference: {
      value,
      interval,
      p,
      claim,
      obstacle,
      fewest,
      bySeed: controller.map((one, i) => sign * (one - random[i]!)),
    },
    relative: {
      value: relativeOf(controller, random),
      interval: ratio && [ratio[0]!, ratio[1]!],
      bySeed: controller.map((one, i) => relativeOf([one], [random[i]!])),
    },
  };
}

/** The test measure of a classifier whose candidates were compared by another measure is its accuracy. */
export const testMeasure = (measure: SeedsAnalysis['measure']): 'accuracy' | 'loss' =>
  measure === 'loss' ? 'loss' : 'accuracy';

function testOf(runs: readonly SeedRun[], measure: SeedsAnalysis['measure']): SeedsAnalysis['test'] {
  const values = runs.flatMap(({ test }) => test?.[testMeasure(measure)] ?? []);
  if (values.length < runs.length) return undefined;
  const possible: Interval = testMeasure(measure) === 'loss' ? [0, Infinity] : [0, 1];
  const { value, interval } = assessMean(values, { possible });
  return { value, interval, bySeed: values, standardDeviation: standardDeviation(values) };
}

function verdictOf(
  controller: string,
  means: Advantage | undefined,
  measure: SeedsAnalysis['measure'],
  unit: string,
): string {
  if (!means)
    return 'Not every search has evaluated random architectures (derive.random), so there is nothing to compare';
  const { difference, relative } = means;
  const { value, interval, claim, obstacle, bySeed } = difference;
  const amount = (share: number): string =>
    `${measure === 'loss' ? decimalText(share, 4) : decimalText(100 * share, 2)} ${unit}`;
  const seeds = bySeed.length;
  if (obstacle === 'few' || !interval)
    return `In ${seeds === 1 ? 'one seed' : `these ${seeds} seeds`} the samples of ${controller} are ${value < 0 ? 'worse' : 'better'} than random ones of the same supernets by ${amount(Math.abs(value))} on average; ${obstacleOf({ ...difference, count: seeds }, 'seeds')}`;
  const [low, high] = interval;
  const numbers = `95 % interval over ${seeds} seeds ${amount(low)} to ${amount(high)}${despiteInterval(difference)}`;
  if (claim)
    return `The samples of ${controller} are ${claim === 'above' ? 'better' : 'worse'} than random ones of the same supernets by ${amount(Math.abs(value))} (${numbers}), a relative improvement of ${decimalText(relative.value, 2)} %`;
  return `No difference between the samples of ${controller} and random ones of the same supernets can be claimed (${numbers})`;
}
