/**
 * How the shared weights compare with training-free rankers on the candidates of a search, as a chapter of its report.
 */
import { type SearchSpace } from '../../graph/define-space.js';
import { type Costs, costsIn } from '../../ranking/index.js';
import { assessTau, type Assessment, FEWEST_FOR_RANKS, spearman } from '../../statistics/index.js';
import { rankCandidates } from '../candidates.js';
import { decoded } from '../decoded.js';
import { type EventLog } from '../event-log.js';
import { ABSENT, integer, isNumber, percent, plural } from '../format.js';
import { sentence } from '../html/course.js';
import { claim } from '../html/claim.js';
import { type Content, html, section, table } from '../html/markup.js';
import { type ReportInput } from '../input.js';
import { measureOf } from '../measure.js';
import { comparisonsOf } from './comparisons.js';
import { withInterval } from './rankers.js';

/** Agreement of the supernet's order of candidates with that of a trivial ranker. */
export interface OrderShared {
  readonly name: string;
  readonly count: number;
  readonly tau: Assessment;
  /** Square of Spearman's rho: the fraction of the variance of the supernet's ranks that the ranker's ranks explain. */
  readonly explained: number;
}

/** The chapter; nothing without candidates or the space. */
export function trivialRankersSection(input: ReportInput, log: EventLog, comparisons = comparisonsOf(input)): Content {
  const { space } = input;
  const candidates = rankCandidates(log);
  if (!space || candidates.length < 2) return undefined;
  const orders = sharedOrders(log, space);
  if (!orders) return undefined;
  const comparison = comparisons.published ?? comparisons.trained;
  const parameters = orders.find(({ name }) => name === 'parameters');
  return section(
    'standing',
    'Does the supernet know more than trivial rankers?',
    claim(comparison ? sentence(comparison.verdict) : withoutTruth(candidates.length, parameters)),
    candidates.length >= FEWEST_FOR_RANKS && [
      table(
        ['ranker', 'candidates', 'Kendall’s τ with the supernet', 'order explained'],
        orders.map(({ name, count, tau, explained }) => [
          name,
          integer(count),
          withInterval(tau),
          isNumber(explained) ? percent(explained, 0) : ABSENT,
        ]),
        [1, 2, 3],
      ),
      html`<p class="sub">These rankers need no training: weights and multiply-adds are counted, a proxy is computed from fresh weights on one batch. The table says how well the order by shared weights agrees with theirs, not which order is right. <em>Order explained</em> is ρ², the share of the variance of the supernet’s ranks that the ranker’s ranks account for: at 100 % the supernet only repeats the ranker; at 0 % it orders networks by something else, which may be knowledge or noise. ${comparison ? 'The chapter below says which order is right.' : html`Only separate training can tell: <code>weft rank RUN</code> trains a sample of networks, <code>weft rank RUN --truth TABLE</code> uses published results.`}</p>\n`,
    ],
  );
}

/**
 * The supernet's order compared with each ranker's, parameters first; undefined if a candidate is not from the space.
 */
export function sharedOrders(log: EventLog, space: SearchSpace): OrderShared[] | undefined {
  const candidates = rankCandidates(log);
  const architectures = candidates.map(({ architecture }) => decoded(space, architecture));
  if (architectures.includes(undefined)) return undefined;
  const { field, sign } = measureOf(log);
  const qualityOf = new Map(candidates.map((one) => [one.hash, sign * (one[field] ?? NaN)]));
  const costsOf = costsIn(space);
  const costs = architectures.map(costsOf);
  const counted = (['parameters', 'multiplyAdds'] as const).map((name: keyof Costs) => ({
    name: name === 'multiplyAdds' ? 'multiply-adds' : name,
    scores: new Map(candidates.map(({ hash }, i) => [hash, costs[i]![name]])),
  }));
  const scored = log.all('proxy-scores').map(({ proxy, scores }) => ({
    name: String(proxy),
    scores: new Map(Object.entries(scores as Readonly<Record<string, number>>)),
  }));
  return [...counted, ...scored].flatMap(({ name, scores }) => {
    const both = [...scores].flatMap(([hash, score]) => {
      const quality = qualityOf.get(hash);
      return isNumber(score) && isNumber(quality) ? [[score, quality] as const] : [];
    });
    if (both.length < FEWEST_FOR_RANKS && name !== 'parameters') return [];
    const [x, y] = [both.map(([score]) => score), both.map(([, quality]) => quality)];
    return [{ name, count: both.length, tau: assessTau(x, y), explained: both.length < 2 ? NaN : spearman(x, y) ** 2 }];
  });
}

function withoutTruth(count: number, parameters: OrderShared | undefined): string {
  if (count < FEWEST_FOR_RANKS)
    return `Nothing can be claimed: ${plural(count, 'different candidate')} are too few to compare orders; this takes ${FEWEST_FOR_RANKS}.`;
  if (!parameters || !isNumber(parameters.tau.value))
    return 'Nothing can be claimed: all candidates have the same number of parameters, or the same quality by shared weights.';
  const { tau, explained } = parameters;
  return `The number of parameters alone explains ${percent(explained, 0)} of the supernet’s order of ${integer(count)} candidates: τ ${withInterval(tau)}. Whether the rest is knowledge or noise is unknown without separate training.`;
}
