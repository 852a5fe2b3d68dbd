/**
 * The part of a run's events that a page shows, updated event by event, in memory that does not grow with their number.
 */
import { type EventLog, eventLog, type EventOf } from '../report/event-log.js';
import { isNumber } from '../report/format.js';
import { type SearchEvent } from '../search/events.js';
import { byQuality } from '../search/objective.js';
import { type Thinned, thinned } from './thinned.js';

export interface RankedArchitecture {
  readonly architecture: string;
  readonly accuracy?: number | null;
  readonly loss?: number;
  readonly score?: number;
  readonly reward?: number;
}

type Evaluated = RankedArchitecture & { readonly accuracy: number | null; readonly loss: number };

export interface Digest {
  take(line: string): void;
  /** Events by type as the charts of the report expect them; long series are thinned. */
  log(): EventLog;
  /**
   * The best candidates of the final choice so far or, before it begins, the best of the epochs; each architecture
   * once.
   */
  best(): { readonly from: 'candidates' | 'epochs'; readonly list: readonly RankedArchitecture[] };
  /** Number of events so far, number that could not be read, and number of each type. */
  readonly events: number;
  readonly unreadable: number;
  count(type: SearchEvent['type']): number;
  readonly last: SearchEvent | undefined;
}

/** The field whose extremes are preserved when a series is thinned. */
const SERIES = {
  'weights-step': 'loss',
  'weights-epoch': 'loss',
  'controller-round': 'reward',
  epoch: 'reward',
  'retrain-epoch': 'loss',
} as const;
/** Types of which only the last event counts. */
const SINGLE = new Set([
  'search-started',
  'derived',
  'comparison',
  'retrain-started',
  'tested',
  'assessed',
  'assessed-values',
  'search-finished',
  'budget-reached',
  'retrain-budget-reached',
  'warm-start',
  'retrain-kept',
  'front',
]);
const STRETCHES = 512;
const REMARKS = 20;
const BEST = 10;
/**
 * Number of proposal rounds that form the front while a search is running: older ones were evaluated with other
 * weights.
 */
const ROUNDS = 20;
/** Candidates that are kept individually: the mean over a subset of them would be wrong. */
export const MOST_CANDIDATES = 2000;

/** An empty digest. */
export function createDigest(): Digest {
  const series = new Map<string, Thinned<SearchEvent>>(
    Object.keys(SERIES).map((type) => [type, thinned<SearchEvent>(STRETCHES)]),
  );
  const single = new Map<string, SearchEvent>();
  const counts = new Map<string, number>();
  const remarks: SearchEvent[] = [];
  const proposals: SearchEvent[] = [];
  let candidates: EventOf<'candidate'>[] = [];
  const ofEpochs = ranking<RankedArchitecture & { reward: number }>((a, b) => b.reward - a.reward);
  const byAccuracy = ranking<Evaluated>(byQuality('accuracy'));
  const byLoss = ranking<Evaluated>(byQuality('loss'));
  const byScore = ranking<Evaluated>(byQuality('score'));
  let events = 0;
  let unreadable = 0;
  let last: SearchEvent | undefined;
  return {
    get events() {
      return events;
    },
    get unreadable() {
      return unreadable;
    },
    get last() {
      return last;
    },
    count: (type) => counts.get(type) ?? 0,
    take(line) {
      const event = parsed(line);
      if (!event) {
        unreadable++;
        return;
      }
      events++;
      last = event;
      const { type } = event;
      if (counts.size < 200 || counts.has(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
      if (Object.hasOwn(SERIES, type))
        series
          .get(type)!
          .add((event as unknown as Record<string, unknown>)[SERIES[type as keyof typeof SERIES]], event);
      if (SINGLE.has(type)) single.set(type, event);
      if (type === 'epoch' && typeof event.best?.architecture === 'string' && isNumber(event.best.reward))
        ofEpochs.add({ architecture: event.best.architecture, reward: event.best.reward });
      if (type === 'candidate' && typeof event.architecture === 'string') {
        if (counts.get(type)! <= MOST_CANDIDATES) candidates.push(event);
        else candidates = [];
        const { architecture, accuracy, loss, score, source } = event;
        if (source === 'controller' && isNumber(loss)) {
          byLoss.add({ architecture, accuracy, loss });
          if (isNumber(accuracy)) byAccuracy.add({ architecture, accuracy, loss });
          if (isNumber(score)) byScore.add({ architecture, accuracy, loss, score });
        }
      }
      if (type === 'proposals') {
        proposals.push(event);
        if (proposals.length > ROUNDS) proposals.shift();
      }
      if (type === 'warning' || type === 'environment-changed') {
        remarks.push(event);
        if (remarks.length > REMARKS) remarks.shift();
      }
    },
    log: () =>
      eventLog([
        ...single.values(),
        ...remarks,
        ...proposals,
        ...[...series.values()].flatMap((one) => one.items()),
        ...((counts.get('candidate') ?? 0) <= MOST_CANDIDATES ? candidates : []),
      ]),
    best() {
      const started = single.get('search-started') as EventOf<'search-started'> | undefined;
      const list = (
        started?.task !== undefined || started?.reward === 'log-loss'
          ? byLoss
          : started?.reward === undefined
            ? byAccuracy
            : byScore
      ).list();
      return list.length > 0 ? { from: 'candidates', list } : { from: 'epochs', list: ofEpochs.list() };
    },
  };
}

/** The best few, each architecture once. */
function ranking<T extends RankedArchitecture>(order: (a: T, b: T) => number): { add(one: T): void; list(): T[] } {
  let best: T[] = [];
  return {
    add(one) {
      if (best.length === BEST && order(best.at(-1)!, one) <= 0) return;
      const known = best.find(({ architecture }) => architecture === one.architecture);
      if (known && order(known, one) <= 0) return;
      best = [...best.filter((other) => other !== known), one].sort(order).slice(0, BEST);
    },
    list: () => best,
  };
}

function parsed(line: string): SearchEvent | undefined {
  try {
    const value = JSON.parse(line) as SearchEvent | null;
    return typeof value === 'object' && typeof value?.type === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
