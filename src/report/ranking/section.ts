/** How well shared weights rank, as a chapter of the search report, with its tables. */
import {
  type Agreement,
  analyseRanking,
  type Measure,
  type RankerComparison,
  type RankRecord,
} from '../../ranking/index.js';
import { FEWEST_FOR_RANKS } from '../../statistics/index.js';
import { type Cell, toCsv } from '../csv.js';
import { ABSENT, decimal, integer, isNumber, percent, plural } from '../format.js';
import { sentence } from '../html/course.js';
import { claim } from '../html/claim.js';
import { type Content, figure, html, type Markup, section, table } from '../html/markup.js';
import { type ReportTable } from '../tables.js';
import { rankChart } from './chart.js';
import { standingTable } from './rankers.js';

/** The chapter; nothing without a record. */
export function rankSection(record: RankRecord | undefined, trained?: RankerComparison): Content {
  if (!record) return undefined;
  const analysis = analyseRanking(record);
  const { byMeasure, byLoss, reliability, verdict } = analysis;
  const how = `${integer(record.architectures.length)} different architectures, drawn uniformly, were evaluated with the shared weights on ${integer(record.examples.shared)} validation examples, then each trained alone for ${plural(record.epochs, 'epoch')} with ${plural(record.seeds.length, 'seed')} and tested on ${integer(record.examples.alone)} examples.`;
  const self =
    reliability === undefined
      ? html`With one seed it is unknown how well stand-alone training agrees with itself, which limits every score; <code class="flag">--seeds 1,2</code> measures it.`
      : `Stand-alone training agrees with itself, from seed to seed, with τ ${decimal(reliability, 2)}; no score can be expected to do better.`;
  return section(
    'ranking',
    'Do shared weights rank networks as training does?',
    html`${claim(sentence(verdict))}<div class="beside"><div><p>${how} ${self}</p>\n${coefficients(byMeasure, byLoss, record.measure)}</div>\n${figure(rankChart(analysis), `One dot is one architecture${record.seeds.length > 1 ? '; bars span the seeds' : ''}. Shared weights that ranked perfectly would make a rising line.`)}</div>\n`,
    trained && amongTrivial(trained),
    html`<h3>The quality of a choice by shared weights</h3>\n`,
    choices(byMeasure),
    html`<p class="sub">Intervals are 95 % intervals over architectures, for the seeds that were trained, and need ${FEWEST_FOR_RANKS} architectures. Those of a choice are bootstrap intervals: what other samples of as many architectures would give.</p>\n`,
  );
}

/** Next to quantities that every space gives for a network without training. */
function amongTrivial(comparison: RankerComparison): Content {
  return html`<h3>Compared with rankers without training</h3>\n<p>${sentence(comparison.verdict)}</p>\n${standingTable(comparison)}`;
}

function coefficients(byMeasure: Agreement, byLoss: Agreement, measure: RankRecord['measure']): Markup {
  const agreements = measure === 'accuracy' ? [byMeasure, byLoss] : [byLoss];
  const row = (name: string, of: (agreement: Agreement) => Measure): Content[] => [
    name,
    ...agreements.map((agreement) => withInterval(of(agreement), coefficient)),
  ];
  return table(
    ['', ...(measure === 'accuracy' ? ['by shared accuracy'] : []), 'by shared loss'],
    [
      row('Kendall’s τ', ({ tau }) => tau),
      row(
        measure === 'accuracy' ? 'τ, accuracies binned to 0.1 %' : 'τ, losses binned to 0.001',
        ({ sparseTau }) => sparseTau,
      ),
      row('Spearman’s ρ', ({ spearman }) => spearman),
    ],
    [1, 2],
  );
}

function choices({ choices, count }: Agreement): Markup {
  return table(
    [
      'chosen',
      'P@top: of the truly best',
      'P@bottom: of the truly worst',
      'BR: best true rank among the chosen',
      'WR: worst true rank',
    ],
    choices.map(({ share, precisionTop, precisionBottom, bestRank, worstRank, intervals }) => [
      `best ${percent(share, 0)} (${Math.max(1, Math.round(share * count))} of ${count})`,
      withInterval({ value: precisionTop, interval: intervals.precisionTop }, whole),
      withInterval({ value: precisionBottom, interval: intervals.precisionBottom }, whole),
      withInterval({ value: bestRank, interval: intervals.bestRank }, whole),
      whole(worstRank),
    ]),
    [1, 2, 3, 4],
  );
}

function withInterval({ value, interval }: Measure, text: (value: number) => string): string {
  if (!isNumber(value)) return ABSENT;
  return interval ? `${text(value)} (${text(interval[0])} to ${text(interval[1])})` : text(value);
}

const coefficient = (value: number): string => decimal(value, 2);

function whole(value: number): string {
  return percent(value, 0);
}

/** Scores of each architecture, and every measure with its interval. */
export function rankTables(record: RankRecord): ReportTable[] {
  const { byMeasure, byLoss, reliability } = analyseRanking(record);
  const agreements: (readonly [string, Agreement])[] =
    record.measure === 'accuracy'
      ? [
          ['accuracy', byMeasure],
          ['loss', byLoss],
        ]
      : [['loss', byLoss]];
  const measures = agreements.flatMap(([by, { tau, sparseTau, spearman, choices }]): Cell[][] => [
    line(by, 'kendall_tau_b', null, tau),
    line(by, 'kendall_tau_b_binned', null, sparseTau),
    line(by, 'spearman', null, spearman),
    ...choices.flatMap(({ share, precisionTop, precisionBottom, bestRank, worstRank, intervals }) => [
      line(by, 'p_at_top', share, { value: precisionTop, interval: intervals.precisionTop }),
      line(by, 'p_at_bottom', share, { value: precisionBottom, interval: intervals.precisionBottom }),
      line(by, 'best_rank', share, { value: bestRank, interval: intervals.bestRank }),
      line(by, 'worst_rank', share, { value: worstRank }),
    ]),
  ]);
  return [
    {
      name: 'ranking',
      csv: toCsv([
        [
          'architecture',
          'hash',
          'shared_accuracy',
          'shared_loss',
          ...record.seeds.flatMap((seed) => [`alone_accuracy_seed_${seed}`, `alone_loss_seed_${seed}`]),
        ],
        ...record.architectures.map(({ architecture, hash, shared, alone }): Cell[] => [
          architecture,
          hash,
          shared.accuracy,
          shared.loss,
          ...alone.flatMap(({ accuracy, loss }) => [accuracy, loss]),
        ]),
      ]),
    },
    {
      name: 'ranking-agreement',
      csv: toCsv([
        ['ordered_by_shared', 'measure', 'share', 'value', 'low', 'high'],
        ...measures,
        ...(reliability === undefined ? [] : [['', 'alone_with_alone_tau', null, reliability, null, null]]),
      ]),
    },
  ];
}

function line(by: string, name: string, share: number | null, { value, interval }: Partial<Measure>): Cell[] {
  return [
    by,
    name,
    share,
    ...[value, ...(interval ?? [null, null])].map((number) => (isNumber(number) ? number : null)),
  ];
}
