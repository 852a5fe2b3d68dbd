/**
 * How far it is known what a choice by estimated scores gives: precision at the top, best rank, discounted gain, each
 * of rankers and of what one ranker has more than another. Networks are drawn again with replacement, the same draws
 * for all rankers, so that what makes a draw easy for all does not count in a difference (percentile bootstrap, Efron
 * 1979). Orders are sorted once; a draw only says how often each network stands in them, so that it costs O(n) and not
 * a sort.
 */
import { stream } from '../tensor/rng.js';
import { type AssessOptions, errorRate, type Interval } from './assess.js';
import { relevanceGains } from './ndcg.js';
import { checkPaired } from './paired.js';
import { chosenCount } from './selection.js';

/** What the first share of an order gives; see `precisionAtTop`, `bestRankAt` and `ndcg`. */
export interface ChoiceMeasures<T> {
  readonly precisionTop: T;
  readonly bestRank: T;
  readonly ndcg: T;
}

export interface ChoiceIntervals {
  /** Of each ranker, in their order. */
  readonly each: readonly ChoiceMeasures<Interval | undefined>[];
  /** Of what the first ranker has more than the one at `reference`. */
  readonly difference: ChoiceMeasures<Interval | undefined> | undefined;
}

export interface ChoiceIntervalOptions extends AssessOptions {
  /** The ranker that the first is compared with, by its place. */
  readonly reference?: number | undefined;
}

/** With fewer networks there is no interval. */
const FEWEST = 12;
const RESAMPLES = 2000;
const FEWEST_RESAMPLES = 400;
/** Draws that all resamples take together. */
const MOST_DRAWS = 1e7;

const MEASURES = ['precisionTop', 'bestRank', 'ndcg'] as const;

/**
 * Intervals for the first `share` of the networks by each of the `rankers`, judged by `truth`, larger being better.
 * `confidence` holds for each interval of a ranker, and with `comparisons` for the difference. Undefined for fewer than
 * twelve networks and for measures that no draw changes.
 */
export function choiceIntervals(
  truth: readonly number[],
  rankers: readonly (readonly number[])[],
  share: number,
  { reference, ...options }: ChoiceIntervalOptions = {},
): ChoiceIntervals {
  const count = truth.length;
  rankers.forEach((scores) => checkPaired(truth, scores));
  const resamples = Math.max(FEWEST_RESAMPLES, Math.min(RESAMPLES, Math.floor(MOST_DRAWS / Math.max(1, count))));
  const values = rankers.map(() => MEASURES.map(() => new Float64Array(count < FEWEST ? 0 : resamples)));
  if (count >= FEWEST) {
    const rng = stream(count, 'choice-intervals');
    const judge = judgeOf(truth, rankers, chosenCount(count, share));
    const times = new Uint32Array(count);
    for (let resample = 0; resample < resamples; resample++) {
      times.fill(0);
      for (let draw = 0; draw < count; draw++) times[rng.int(count)]!++;
      judge(times, (ranker, measure, value) => (values[ranker]![measure]![resample] = value));
    }
  }
  const alone = errorRate({ ...options, comparisons: 1 });
  const against = reference === undefined ? undefined : values[reference];
  return {
    each: values.map((of) => named((measure) => between(of[measure]!, alone))),
    difference:
      against &&
      named((measure) =>
        between(
          values[0]![measure]!.map((value, i) => value - against[measure]![i]!),
          errorRate(options),
        ),
      ),
  };
}

function named<T>(value: (measure: number) => T): ChoiceMeasures<T> {
  return { precisionTop: value(0), bestRank: value(1), ndcg: value(2) };
}

function between(values: Float64Array, error: number): Interval | undefined {
  const sorted = values.toSorted();
  const last = sorted.length - 1;
  // NaN is last in the order of a typed array.
  if (last < 0 || Number.isNaN(sorted[last]) || sorted[0] === sorted[last]) return undefined;
  const at = (share: number): number => sorted[Math.min(last, Math.max(0, Math.round(share * (last + 2)) - 1))]!;
  return [at(error / 2), at(1 - error / 2)];
}

/** An order from the best with where each group of tied networks ends. */
interface Order {
  readonly networks: Uint32Array;
  readonly ends: readonly number[];
}

/** Tied networks are in the order of the truth. */
function orderOf(scores: readonly number[], truth: readonly number[]): Order {
  const networks = Uint32Array.from(scores, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]! || truth[b]! - truth[a]!,
  );
  const ends: number[] = [];
  for (let i = 1; i <= networks.length; i++)
    if (i === networks.length || scores[networks[i]!] !== scores[networks[i - 1]!]) ends.push(i);
  return { networks, ends };
}

type Judge = (times: Uint32Array, use: (ranker: number, measure: number, value: number) => void) => void;

/**
 * The measures of the first `chosen` of each order where the networks stand in it `times` times each; copies of a
 * network are tied.
 */
function judgeOf(truth: readonly number[], rankers: readonly (readonly number[])[], chosen: number): Judge {
  const trueOrder = orderOf(truth, truth);
  const orders = rankers.map((scores) => orderOf(scores, truth));
  const discounts = Float64Array.from({ length: truth.length }, (_, place) => 1 / Math.log2(place + 2));
  const upTo = new Float64Array(chosen + 1);
  for (let place = 0; place < chosen; place++) upTo[place + 1] = upTo[place]! + discounts[place]!;
  const gains = Float64Array.from(relevanceGains(truth));
  const membership = new Float64Array(truth.length);
  const rank = new Float64Array(truth.length);
  return (times, use) => {
    membership.fill(0);
    let seen = 0;
    eachGroup(trueOrder, times, (start, end, size) => {
      for (let i = start; i < end; i++) {
        const network = trueOrder.networks[i]!;
        rank[network] = seen + (size + 1) / 2;
        membership[network] = Math.min(1, Math.max(0, (chosen - seen) / size));
      }
      seen += size;
      return true;
    });
    const ideal = gainOf(trueOrder, times, gains, upTo, chosen);
    orders.forEach((order, ranker) => {
      let [taken, right, best] = [0, 0, truth.length];
      eachGroup(order, times, (start, end, size) => {
        const drawn = Math.min(size, chosen - taken);
        // The best of `drawn` copies of the group: the first that is taken, with the chance that none before it was.
        let [inTop, expected, noneBefore, left] = [0, 0, 1, size];
        for (let i = start; i < end; i++) {
          const network = order.networks[i]!;
          const copies = times[network]!;
          if (copies === 0) continue;
          inTop += copies * membership[network]!;
          if (noneBefore === 0) continue;
          let without = noneBefore;
          for (let copy = 0; copy < copies && without > 0; copy++) without *= Math.max(0, 1 - drawn / left--);
          expected += (noneBefore - without) * Math.min(best, rank[network]!);
          noneBefore = without;
        }
        right += (drawn / size) * inTop;
        best = expected;
        taken += size;
        return taken < chosen;
      });
      use(ranker, 0, right / chosen);
      use(ranker, 1, best / truth.length);
      use(ranker, 2, gainOf(order, times, gains, upTo, chosen) / ideal);
    });
  };
}

/**
 * Groups of tied networks from the best, with how many copies they have; those without any are passed over. Ends where
 * `use` says false.
 */
function eachGroup(
  { networks, ends }: Order,
  times: Uint32Array,
  use: (start: number, end: number, size: number) => boolean,
): void {
  let start = 0;
  for (const end of ends) {
    let size = 0;
    for (let i = start; i < end; i++) size += times[networks[i]!]!;
    if (size > 0 && !use(start, end, size)) return;
    start = end;
  }
}

/** Discounted gain of the first `chosen`; what ties shares the mean of its gains. */
function gainOf(order: Order, times: Uint32Array, gains: Float64Array, upTo: Float64Array, chosen: number): number {
  let [sum, place] = [0, 0];
  eachGroup(order, times, (start, end, size) => {
    let gain = 0;
    for (let i = start; i < end; i++) gain += times[order.networks[i]!]! * gains[order.networks[i]!]!;
    sum += (gain / size) * (upTo[Math.min(chosen, place + size)]! - upTo[place]!);
    place += size;
    return place < chosen;
  });
  return sum;
}
