/** Configurations compared with the first one, over seeds: differences, their intervals, and justified claims. */
import { WeftError } from '../../errors.js';
import {
  assessDifference,
  type Assessment,
  assessMean,
  assessPaired,
  despiteInterval,
  type Interval,
  mean,
  obstacleOf,
} from '../../statistics/index.js';
import { decimal, duration, integer, percent, points, withMinus } from '../format.js';
import {
  type ComparedRun,
  type Configuration,
  configurationsOf,
  type Configurations,
  pairKey,
} from './configurations.js';
import { OTHERS, QUALITIES, type Quantity } from './quantities.js';

/** A quantity of a configuration and of its baseline, as means over the compared runs. */
export interface Contrast {
  readonly quantity: Quantity;
  readonly baseline: number;
  readonly value: number;
  /** Of `value - baseline`. */
  readonly assessment: Assessment;
}

export interface RunPair {
  readonly baseline: ComparedRun;
  readonly run: ComparedRun;
}

export interface ConfigurationComparison {
  readonly configuration: Configuration;
  /** Undefined if the runs cannot be paired and are compared as independent samples. */
  readonly pairs: readonly RunPair[] | undefined;
  readonly quality: Contrast;
  readonly contrasts: readonly Contrast[];
  readonly verdict: string;
}

export interface RunComparison {
  readonly baseline: Configuration;
  readonly others: readonly ConfigurationComparison[];
  readonly quality: Quantity;
  readonly settings: Configurations['settings'];
  /**
   * The runs of each configuration by the mean of its quality over all of its runs, in the order in which they were
   * given.
   */
  readonly means: readonly {
    readonly configuration: Configuration;
    readonly values: readonly number[];
    readonly mean: Assessment;
  }[];
  /** Runs without a partner that were excluded from the differences. */
  readonly unpaired: readonly string[];
}

/**
 * Compares every configuration with that of the first run, paired by seed if both have runs with the same seeds.
 * Intervals and claims hold simultaneously for all comparisons (Bonferroni). Throws WeftError('run') for runs that are
 * not finished, have no result in common, or were tested on different data.
 */
export function compareConfigurations(
  runs: readonly ComparedRun[],
  { by }: { readonly by?: string | undefined } = {},
): RunComparison {
  const unfinished = runs.find(({ input }) => !input.summary);
  if (unfinished)
    throw new WeftError('run', `${unfinished.path} is not finished`, `continue it: weft resume ${unfinished.path}`);
  const { all, settings } = configurationsOf(runs, by);
  const [baseline, ...others] = all as [Configuration, ...Configuration[]];
  const known = ({ of }: Quantity): boolean => runs.every(({ input }) => of(input) !== undefined);
  const quality = QUALITIES.find(known);
  if (!quality)
    throw new WeftError(
      'run',
      'these runs have no common measure: some give an accuracy and others a loss',
      'compare runs of the same task',
    );
  const quantities = [quality, ...OTHERS.filter(known)];
  const compared = settings.map(({ name }) => name);
  const paired = others.map((configuration) => ({ configuration, ...pairsOf(baseline, configuration, compared) }));
  const comparisons = paired.map(({ configuration, pairs }): ConfigurationComparison => {
    const contrasts = quantities.map((quantity) => contrastOf(quantity, baseline, configuration, pairs, others.length));
    const [first] = contrasts as [Contrast];
    return {
      configuration,
      pairs,
      quality: first,
      contrasts,
      verdict: verdictOf(configuration.name, baseline.name, first, pairs !== undefined),
    };
  });
  return {
    baseline,
    others: comparisons,
    quality,
    settings,
    means: all.map((configuration) => {
      const values = configuration.runs.map(({ input }) => quality.of(input)!);
      return {
        configuration,
        values,
        mean: assessMean(values, { possible: quality.unit === 'share' ? [0, 1] : [0, Infinity] }),
      };
    }),
    unpaired: [...new Set(paired.flatMap(({ left }) => left))],
  };
}

/**
 * Runs that differ only in the compared setting; undefined if there are fewer than two although both sides have more.
 */
function pairsOf(
  baseline: Configuration,
  configuration: Configuration,
  compared: readonly string[],
): { pairs: RunPair[] | undefined; left: string[] } {
  const [mine, theirs] = [configuration, baseline].map(({ name, runs }) => {
    const byKey = new Map<string, ComparedRun>();
    for (const run of runs) {
      const key = pairKey(run, compared);
      const twin = byKey.get(key);
      if (twin)
        throw new WeftError(
          'run',
          `${run.path} and ${twin.path} are the same search of '${name}' with the same seed`,
          'name each run once: counting a result twice adds no information',
        );
      byKey.set(key, run);
    }
    return byKey;
  }) as [Map<string, ComparedRun>, Map<string, ComparedRun>];
  const pairs = [...mine].flatMap(([key, run]) => {
    const partner = theirs.get(key);
    return partner ? [{ baseline: partner, run }] : [];
  });
  const few = Math.min(mine.size, theirs.size);
  if (pairs.length < Math.min(2, few)) return { pairs: undefined, left: [] };
  const alone = (from: Map<string, ComparedRun>, among: Map<string, ComparedRun>): string[] =>
    [...from].filter(([key]) => !among.has(key)).map(([, { path }]) => path);
  return { pairs, left: [...alone(theirs, mine), ...alone(mine, theirs)] };
}

function contrastOf(
  quantity: Quantity,
  { runs: theirs }: Configuration,
  { runs: mine }: Configuration,
  pairs: readonly RunPair[] | undefined,
  comparisons: number,
): Contrast {
  const valuesOf = (runs: readonly ComparedRun[]): number[] => runs.map(({ input }) => quantity.of(input)!);
  const [a, b] = pairs
    ? [valuesOf(pairs.map(({ run }) => run)), valuesOf(pairs.map(({ baseline }) => baseline))]
    : [valuesOf(mine), valuesOf(theirs)];
  const assess = pairs ? assessPaired : assessDifference;
  return { quantity, value: mean(a), baseline: mean(b), assessment: assess(a, b, { comparisons }) };
}

/** One sentence of at most two lines, no stronger than the assessment. */
function verdictOf(
  name: string,
  baseline: string,
  { quantity, assessment, value, baseline: other }: Contrast,
  paired: boolean,
): string {
  const { better, name: what } = quantity;
  const { value: difference, interval, claim, obstacle, count } = assessment;
  const amount = (of: number): string => showDifference(quantity, of);
  const over = paired
    ? count === 1
      ? 'one pair of runs'
      : `${count} pairs of seeds`
    : `at least ${count} ${count === 1 ? 'run' : 'seeds'} of either`;
  const range = interval ? `95\u00a0% interval ${showRange(quantity, interval)}, ` : '';
  if (claim) {
    const good = (claim === 'above') === (better === 'more');
    return `${name} is ${good ? 'better' : 'worse'} than ${baseline} in ${what}: ${amount(difference)} (${range}${over})`;
  }
  if (obstacle === 'chance')
    return `No difference in ${what} between ${name} and ${baseline} can be claimed: ${amount(difference)} (${range}${over}${despiteInterval(assessment)})`;
  const both = `${name} has a mean ${what} of ${showValue(quantity, value)}, ${baseline} of ${showValue(quantity, other)} (${over})`;
  return `${both}; ${obstacleOf(assessment, paired ? 'pairs of seeds' : 'seeds of either')}`;
}

/** A value of a quantity with its unit. */
export function showValue({ unit }: Quantity, value: number): string {
  switch (unit) {
    case 'share':
      return percent(value, 2);
    case 'nats':
      return `${decimal(value, 4)}\u00a0nats`;
    case 'count':
      return integer(value);
    case 'seconds':
      return duration(value);
    case 'number':
      return withMinus(value.toPrecision(3));
  }
}

/** An interval of a difference, with the unit once if both ends share it. */
export function showRange(quantity: Quantity, [low, high]: Interval): string {
  const [from, to] = [low, high].map((end) => showDifference(quantity, end)) as [string, string];
  const [unit] = /\u00a0(points|nats)$/.exec(to) ?? [''];
  return `${unit !== '' && from.endsWith(unit) ? from.slice(0, -unit.length) : from} to ${to}`;
}

/** A difference of two values, always signed. */
export function showDifference({ unit }: Quantity, value: number): string {
  const sign = value < 0 ? '−' : value > 0 ? '+' : '';
  const size = Math.abs(value);
  switch (unit) {
    case 'share':
      return `${points(value, 2)}\u00a0points`;
    case 'nats':
      return `${sign}${decimal(size, 4)}\u00a0nats`;
    case 'count':
      return `${sign}${integer(size)}`;
    case 'seconds':
      return `${sign}${duration(size)}`;
    case 'number':
      return `${sign}${size.toPrecision(3)}`;
  }
}
