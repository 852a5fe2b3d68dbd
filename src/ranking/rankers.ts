/**
 * Shared weights compared with rankers that need no training: a supernet that ranks networks no better has learned
 * nothing about them.
 */
import { decimalText } from '../printable.js';
import {
  type Assessment,
  assessTau,
  assessSpearmanDifference,
  assessTauDifference,
  bestRankAt,
  choiceIntervals,
  type ChoiceMeasures,
  type Interval,
  logRankSum,
  mean,
  ndcg,
  precisionAtTop,
  smirnovDistance,
  smirnovLimit,
  spearman,
  spearmanInterval,
} from '../statistics/index.js';

/** Something that gives each network a score, more being better. */
export interface Ranker {
  readonly name: string;
  readonly scores: readonly number[];
}

export interface Standing {
  readonly name: string;
  /** Whether it trains nothing. */
  readonly trivial: boolean;
  /** Kendall's tau-b with the truth. */
  readonly tau: Assessment;
  readonly spearman: { readonly value: number; readonly interval: Interval | undefined };
  /**
   * Of the tenth that it puts first: the share that is truly among the best tenth, and the best true rank as a share of
   * all.
   */
  readonly precisionTop: number;
  readonly bestRank: number;
  /** Normalized discounted cumulative gain of the tenth that it puts first. */
  readonly ndcg: number;
  /** 95 % intervals of the last three over networks, by bootstrap. */
  readonly intervals: ChoiceMeasures<Interval | undefined>;
}

/** What the supernet has more than another ranker on the same networks, in each measure. */
export interface Advantage extends ChoiceMeasures<{ readonly value: number; readonly interval: Interval | undefined }> {
  readonly spearman: Assessment;
}

export interface RankerComparison {
  readonly count: number;
  /** The supernet and the others, by tau from the highest. */
  readonly standings: readonly Standing[];
  readonly supernet: Standing;
  /**
   * tau of the supernet minus that of the number of parameters, and minus that of the best trivial ranker, on the same
   * networks.
   */
  readonly toParameters: Assessment | undefined;
  readonly toBest: { readonly name: string; readonly difference: Assessment; readonly others: Advantage } | undefined;
  /** Mean tau between seeds of the truth, where it has seeds: what its noise leaves to be reached. */
  readonly ceiling: number | undefined;
  readonly verdict: string;
  readonly warnings: readonly string[];
}

export interface ComparisonOptions {
  readonly ceiling?: number | undefined;
  /** What is known of the sample beforehand. */
  readonly warnings?: readonly string[];
}

/** The name of the ranker that every verdict is about. */
const PARAMETERS = 'parameters';
/** The share for P@top, BestRank and nDCG. */
export const SHARE = 0.1;
/** With fewer networks an interval of tau is wider than ±.14. */
const FEW = 100;

/**
 * The order by shared weights (`supernet`) and those of `trivial` rankers, all compared with the same true scores;
 * larger is better for all. Where there are several trivial rankers the difference to the best is claimed at .05 over
 * their number, for it was chosen on these networks.
 */
export function compareRankers(
  truth: readonly number[],
  supernet: Ranker,
  trivial: readonly Ranker[],
  { ceiling, warnings = [] }: ComparisonOptions = {},
): RankerComparison {
  const count = truth.length;
  const bare = [supernet, ...trivial].map((ranker, i) => standing(truth, ranker, i > 0));
  const highest = bare
    .slice(1)
    .reduce<BareStanding | undefined>(
      (best, one) => (order(one.tau.value) > order(best?.tau.value ?? NaN) ? one : best),
      undefined,
    );
  const { each, difference } = choiceIntervals(
    truth,
    [supernet, ...trivial].map(({ scores }) => scores),
    SHARE,
    { reference: highest && bare.indexOf(highest), comparisons: Math.max(1, trivial.length) },
  );
  const all = bare.map((one, i): Standing => ({ ...one, intervals: each[i]! }));
  const [own, ...others] = all as [Standing, ...Standing[]];
  const standings = [own, ...others].sort((a, b) => order(b.tau.value) - order(a.tau.value));
  const best = highest && all[bare.indexOf(highest)];
  const against = (name: string, comparisons: number): Assessment | undefined => {
    const other = trivial.find((ranker) => ranker.name === name);
    return other && assessTauDifference(truth, supernet.scores, other.scores, { comparisons });
  };
  const toParameters = against(PARAMETERS, 1);
  const less = (name: keyof ChoiceMeasures<unknown>) => ({
    value: own[name] - best![name],
    interval: difference![name],
  });
  const toBest = best && {
    name: best.name,
    difference: against(best.name, trivial.length)!,
    others: {
      spearman: assessSpearmanDifference(
        truth,
        supernet.scores,
        trivial.find(({ name }) => name === best.name)!.scores,
        { comparisons: trivial.length },
      ),
      precisionTop: less('precisionTop'),
      bestRank: less('bestRank'),
      ndcg: less('ndcg'),
    },
  };
  return {
    count,
    standings,
    supernet: own,
    toParameters,
    toBest,
    ceiling,
    verdict: verdictOf(own, others, toParameters, toBest),
    warnings: [...warnings, ...(count < FEW ? [smallSample(count, own.tau.interval)] : [])],
  };
}

type BareStanding = Omit<Standing, 'intervals'>;

function standing(truth: readonly number[], { name, scores }: Ranker, trivial: boolean): BareStanding {
  return {
    name,
    trivial,
    tau: assessTau(truth, scores),
    spearman: { value: spearman(truth, scores), interval: spearmanInterval(truth, scores) },
    precisionTop: precisionAtTop(truth, scores, SHARE),
    bestRank: bestRankAt(truth, scores, SHARE),
    ndcg: ndcg(truth, scores, SHARE * truth.length),
  };
}

/**
 * The ranker that is the sum of log-ranks of those named here, where all of them are at hand: the combination that
 * reaches tau .700 on NAS-Bench-201.
 */
const COMBINED = [['nwot', 'naswot'], ['multiplyAdds', 'flops'], ['jacov']] as const;

/** The rankers with their log-rank sum, where NASWOT, multiply-adds and the jacobian covariance are among them. */
export function withLogRanks(rankers: readonly Ranker[]): Ranker[] {
  const parts = COMBINED.map((names) => rankers.find(({ name }) => (names as readonly string[]).includes(name)));
  const known = parts.filter((part) => part !== undefined);
  if (known.length < COMBINED.length) return [...rankers];
  return [
    ...rankers,
    {
      name: `log-ranks of ${known.map(({ name }) => name).join(', ')}`,
      scores: logRankSum(known.map((one) => one.scores)),
    },
  ];
}

/**
 * Says where a sample is no uniform one: the costs of its networks are distributed unlike those of networks drawn
 * uniformly from the space.
 */
export function stratifiedWarning(costs: readonly number[], drawn: readonly number[]): string | undefined {
  const distance = smirnovDistance(costs, drawn);
  if (!(distance > smirnovLimit(costs.length, drawn.length))) return undefined;
  return `the sample is not uniform: its numbers of parameters (mean ${Math.round(mean(costs))}) are distributed unlike those of networks drawn uniformly from the space (mean ${Math.round(mean(drawn))}; Smirnov’s distance ${distance.toFixed(2)}), so its τ cannot be compared with that of other samples`;
}

function smallSample(count: number, interval: Interval | undefined): string {
  const width = interval ? `: τ is known to ±${((interval[1] - interval[0]) / 2).toFixed(2)} only` : '';
  return `${count} networks are a small sample${width}`;
}

function verdictOf(
  { tau }: Standing,
  others: readonly Standing[],
  toParameters: Assessment | undefined,
  toBest: RankerComparison['toBest'],
): string {
  const parameters = others.find(({ name }) => name === PARAMETERS);
  if (Number.isNaN(tau.value))
    return 'The order of the shared weights cannot be assessed: all scores, or all true scores, are equal';
  const own = `The shared weights (τ ${show(tau.value)})`;
  if (!toParameters || !parameters || !toBest) return `${own} are not compared with any trivial ranker`;
  if (toParameters.claim === 'below')
    return `${own} know less than the number of parameters (τ ${show(parameters.tau.value)}; ${said(toParameters)})`;
  if (toParameters.claim !== 'above')
    return `${own} cannot be told from the number of parameters (τ ${show(parameters.tau.value)}; ${said(toParameters)})`;
  const better = `${own} know more than the number of parameters (τ ${show(parameters.tau.value)}; ${said(toParameters)})`;
  if (toBest.name === PARAMETERS) return `${better}, the best trivial ranker`;
  const best = `the best trivial ranker, ${toBest.name} (τ ${show(others.find(({ name }) => name === toBest.name)!.tau.value)}; ${said(toBest.difference)})`;
  if (toBest.difference.claim === 'above') return `${better} and more than ${best}`;
  return toBest.difference.claim === 'below'
    ? `${better} but less than ${best}`
    : `${better} but cannot be told from ${best}`;
}

function said({ value, interval }: Assessment): string {
  const range = interval ? `, interval ${show(interval[0])} to ${show(interval[1])}` : ', no interval';
  return `difference ${show(value)}${range}`;
}

const order = (tau: number): number => (Number.isNaN(tau) ? -Infinity : tau);

function show(value: number): string {
  return decimalText(value, 3);
}
