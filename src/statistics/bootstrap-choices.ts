/**
 * The uncertainty of selection by estimated scores: precision at the top, best rank and discounted gain, for each
 * ranker and for the difference between two. Networks are resampled with replacement, with the same draws for all
 * rankers, so that a draw that is easy for all cancels in a difference (percentile bootstrap, Efron 1979). Orders are
 * sorted once; a draw only gives the multiplicity of each network, so that it costs O(n) instead of a sort.
 */
import { stream } from '../tensor/rng.js';
import { type AssessOptions, errorRate, type Interval } from './assess.js';
import { relevanceGains } from './ndcg.js';
import { checkPaired } from './paired.js';
import { chosenCount } from './selection.js';

/** Measures of the first share of an order; see `precisionAtTop`, `bestRankAt` and `ndcg`. */
export interface ChoiceMeasures<T> {
  readonly precisionTop: T;
  readonly bestRank: T;
  readonly ndcg: T;
}

export interface ChoiceIntervals {
  /** For each ranker, in order. */
  readonly each: readonly ChoiceMeasures<Interval | undefined>[];
  /** For the difference of the first ranker minus the one at `reference`. */
  readonly difference: ChoiceMeasures<Interval | undefined> | undefined;
}

export interface ChoiceIntervalOptions extends AssessOptions {
  /** Index of the ranker that the first is compared with. */
  readonly reference?: number | undefined;
}

/** With fewer networks there is no interval. */
const FEWEST = 12;
const RESAMPLES = 2000;
const FEWEST_RESAMPLES = 400;
/** Total number of draws over all resamples. */
const MOST_DRAWS = 1e7;

const MEASURES = ['precisionTop', 'bestRank', 'ndcg'] as const;

/**
 * Intervals for the first `share` of the networks by each of the `rankers`, evaluated against `truth`, larger being
 * better. `confidence` applies to each interval of a ranker and, corrected for `comparisons`, to the difference.
 * Undefined for fewer than twelve networks and for measures that do not vary between draws.
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
    const measureChoices = choiceMeasurer(truth, rankers, chosenCount(count, share));
    const times = new Uint32Array(count);
    for (let resample = 0; resample < resamples; resample++) {
      times.fill(0);
      for (let draw = 0; draw < count; draw++) times[rng.int(count)]!++;
      measureChoices(times, (ranker, measure, value) => (values[ranker]![measure]![resample] = value));
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
  // NaN sorts last in a typed array.
  if (last < 0 || Number.isNaN(sorted[last]) || sorted[0] === sorted[last]) return undefined;
  const at = (share: number): number => sorted[Math.min(last, Math.max(0, Math.round(share * (last + 2)) - 1))]!;
  return [at(error / 2), at(1 - error / 2)];
}

/** An order from best to worst, with the end of each group of tied networks. */
interface Order {
  readonly networks: Uint32Array;
  readonly ends: readonly number[];
}

/** Tied networks are ordered by the truth. */
function orderOf(scores: readonly number[], truth: readonly number[]): Order {
  const networks = Uint32Array.from(scores, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]! || truth[b]! - truth[a]!,
  );
  const ends: number[] = [];
  for (let i = 1; i <= networks.length; i++)
    if (i === networks.length || scores[networks[i]!] !== scores[networks[i - 1]!]) ends.push(i);
  return { networks, ends };
}

type MeasureChoices = (times: Uint32Array, use: (ranker: number, measure: number, value: number) => void) => void;

/**
 * The measures of the first `chosen` of each order when each network occurs `times` times; copies of a network are
 * tied.
 */
function choiceMeasurer(
  truth: readonly number[],
  rankers: readonly (readonly number[])[],
  chosen: number,
): MeasureChoices {
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
        // The best of `drawn` copies of the group: the first that is taken, with the probability that none before it
        // was.
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
 * Groups of tied networks from the best, with their number of copies; empty groups are skipped. Stops when `use`
 * returns false.
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

/** Discounted gain of the first `chosen`; ties share the mean of their gains. */
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
