/** How the shared weights compare with training-free rankers, as a chapter of the search report. */
import { basename } from 'node:path';
import { type RankerComparison, type TruthRecord } from '../../ranking/index.js';
import { ABSENT, decimal, integer, isNumber, percent, points } from '../format.js';
import { sentence } from '../html/course.js';
import { claim } from '../html/claim.js';
import { type Content, html, type Markup, section, table } from '../html/markup.js';
import { comparisonsOf } from './comparisons.js';

/** The chapter; nothing without a record. */
export function rankersSection(
  record: TruthRecord | undefined,
  comparison = comparisonsOf({ truth: record }).published,
): Content {
  if (!record || !comparison) return undefined;
  const { ceiling, verdict, warnings, count } = comparison;
  const how = `${integer(count)} networks were evaluated with the shared weights on ${integer(record.examples)} validation examples, and by scores without training; the truth is ${record.column} of ${record.tables.map((path) => basename(path)).join(', ')}. Nothing was trained.`;
  const noise =
    ceiling === undefined
      ? 'The table has no individual seeds, so it is unknown how much its noise limits every ranker.'
      : `Two seeds of the truth agree with τ ${decimal(ceiling, 2)}: no ranker can be expected to do better.`;
  return section(
    'rankers',
    'Do shared weights know more than trivial rankers?',
    html`${claim(sentence(verdict))}<p>${how} ${noise}</p>\n`,
    standingTable(comparison),
    warnings.length > 0 && html`<p class="sub">${warnings.map((warning) => `Note: ${warning}.`).join(' ')}</p>\n`,
  );
}

/**
 * The rankers by tau, with the shared weights highlighted; below, their advantage over the best trivial ranker on the
 * same networks.
 */
export function standingTable({ standings, toBest }: Pick<RankerComparison, 'standings' | 'toBest'>): Markup {
  const rows = standings.map(({ name, trivial, tau, spearman, precisionTop, bestRank, ndcg, intervals }): Content[] => [
    trivial ? name : html`<strong>${name}</strong>`,
    withInterval(tau),
    withInterval(spearman),
    inPercent({ value: precisionTop, interval: intervals.precisionTop }, 0),
    inPercent({ value: bestRank, interval: intervals.bestRank }, 1),
    withInterval({ value: ndcg, interval: intervals.ndcg }, 3),
  ]);
  return html`${table(
    ['ranker', 'Kendall’s τ', 'Spearman’s ρ', 'P@top 10 %', 'BestRank at 10 %', 'nDCG at 10 %'],
    toBest ? [...rows, differenceRow(toBest)] : rows,
    [1, 2, 3, 4, 5],
  )}<p class="sub">95\u00a0% intervals over networks are in brackets. Those of the last three columns are from the bootstrap: they show what other samples like this one would give, and nothing is claimed from them. A lower BestRank is better.${toBest && ` The last row is the supernet’s value minus that of ${toBest.name}, the best trivial ranker, on the same networks.`}</p>\n`;
}

function differenceRow({ name, difference, others }: NonNullable<RankerComparison['toBest']>): Content[] {
  const { spearman, precisionTop, bestRank, ndcg } = others;
  return [
    html`<em>supernet minus ${name}</em>`,
    withInterval(difference),
    withInterval(spearman),
    inPoints(precisionTop, 0),
    inPoints(bestRank, 1),
    withInterval(ndcg, 3),
  ];
}

interface Known {
  readonly value: number;
  readonly interval: readonly [number, number] | undefined;
}

const inPercent = (known: Known, digits: number): string => between(known, (value) => percent(value, digits));
const inPoints = (known: Known, digits: number): string => between(known, (value) => points(value, digits));

/** A number with this many decimals, with the ends of its interval if it has one. */
export const withInterval = (known: Known, digits = 2): string => between(known, (value) => decimal(value, digits));

function between({ value, interval }: Known, text: (value: number) => string): string {
  if (!isNumber(value)) return ABSENT;
  return interval ? `${text(value)} (${text(interval[0])} to ${text(interval[1])})` : text(value);
}
