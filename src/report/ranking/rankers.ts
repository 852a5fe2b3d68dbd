/** Where the shared weights stand among rankers that train nothing, as a chapter of the search report. */
import { basename } from 'node:path';
import { type Standing, type TruthRecord } from '../../ranking/index.js';
import { ABSENT, decimal, integer, isNumber, percent } from '../format.js';
import { sentence } from '../html/course.js';
import { type Content, html, type Markup, section, table } from '../html/markup.js';
import { comparisonsOf } from './comparisons.js';

/** The chapter; nothing without a record. */
export function rankersSection(
  record: TruthRecord | undefined,
  comparison = comparisonsOf({ truth: record }).published,
): Content {
  if (!record || !comparison) return undefined;
  const { standings, ceiling, verdict, warnings, count } = comparison;
  const how = `${integer(count)} networks were judged by the shared weights on ${integer(record.examples)} validation examples, and by scores that train nothing; the truth is ${record.column} of ${record.tables.map((path) => basename(path)).join(', ')}. Nothing was trained.`;
  const noise =
    ceiling === undefined
      ? 'The table has no single seeds, so how far its own noise limits every ranker is unknown.'
      : `Two seeds of the truth agree with τ ${decimal(ceiling, 2)}: no ranker can be expected to do better.`;
  return section(
    'rankers',
    'Do shared weights know more than trivial rankers?',
    html`<p class="claim">${sentence(verdict)}</p>\n<p>${how} ${noise}</p>\n`,
    standingTable(standings),
    warnings.length > 0 && html`<p class="sub">${warnings.map((warning) => `Note: ${warning}.`).join(' ')}</p>\n`,
  );
}

/** The rankers by tau, the shared weights set off. */
export function standingTable(standings: readonly Standing[]): Markup {
  return table(
    ['ranker', 'Kendall’s τ', 'Spearman’s ρ', 'P@top 10 %', 'BestRank at 10 %', 'nDCG at 10 %'],
    standings.map(({ name, trivial, tau, spearman, precisionTop, bestRank, ndcg }) => [
      trivial ? name : html`<strong>${name}</strong>`,
      withInterval(tau),
      withInterval(spearman),
      percent(precisionTop, 0),
      percent(bestRank, 1),
      decimal(ndcg, 3),
    ]),
    [1, 2, 3, 4, 5],
  );
}

export function withInterval({
  value,
  interval,
}: {
  value: number;
  interval: readonly [number, number] | undefined;
}): string {
  if (!isNumber(value)) return ABSENT;
  return interval
    ? `${decimal(value, 2)} (${decimal(interval[0], 2)} to ${decimal(interval[1], 2)})`
    : decimal(value, 2);
}
