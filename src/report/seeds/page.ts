/** A search with several seeds as a page. */
import { ABSENT, decimal, isNumber, percent, points } from '../format.js';
import { type Content, figure, html, type Markup, section, table } from '../html/markup.js';
import { claim } from '../html/claim.js';
import { page } from '../html/page.js';
import { type Advantage, type OverSeeds, type SeedsAnalysis, testMeasure } from './analysis.js';
import { seedsChart } from './chart.js';

/** One self-contained HTML file. */
export function seedsPage(analysis: SeedsAnalysis, version: string): string {
  const { controller, space, runs, means, best, count, measure, verdict } = analysis;
  return page(
    { title: `${controller} on ${space}, ${runs.length} seeds`, version, source: 'the results of the searches' },
    html`<header><p class="eyebrow">One search, ${runs.length} seeds</p>
<h1>${controller} compared with random sampling on ${space}</h1>
${claim(`${verdict}.`)}
<p class="sub">Within each search both are evaluated with the same shared weights on the same validation batches, so the two values of a seed form a pair. Intervals are 95 % intervals over seeds (Student’s t of the pairs, Fieller’s for ratios), from three seeds on${means ? `; a claim takes at least ${means.difference.fewest} seeds` : ''}.</p>
</header>
`,
    section(
      'comparison',
      'Strategy and random sampling at equal cost',
      means &&
        best && [
          numbers(analysis, means, best),
          html`<div class="figures">${[
            figure(
              seedsChart(analysis, means, `mean ${measure}`),
              'Means over the candidates of a search: full dots the strategy, open dots uniformly random architectures of the same supernet. Dashed: means over seeds.',
              { title: 'On average' },
            ),
            figure(
              seedsChart(analysis, best, `best ${measure}`),
              `The best of ${count} candidates each: what would be derived after as many evaluations.`,
              { title: `Best of ${count}` },
            ),
          ]}</div>\n<p class="sub">This compares samples by shared weights. <code>weft rank</code> measures whether shared weights rank networks as separate training does; the table below has the results of the found networks.</p>\n`,
        ],
    ),
    section('seeds', 'Seed by seed', seedTable(analysis)),
  );
}

function numbers({ measure, unit, count }: SeedsAnalysis, means: Advantage, best: Advantage): Markup {
  const row = (name: string, { controller, random, difference, relative }: Advantage): Content[] => [
    name,
    shown(average(controller), measure),
    shown(average(random), measure),
    gain(difference.value, measure),
    range(difference, (value) => gain(value, measure)),
    decimal(relative.value, 2),
    range(relative, (value) => decimal(value, 2)),
  ];
  return table(
    [
      '',
      'strategy',
      'random',
      `better by (${unit})`,
      '95\u00a0% interval',
      'relative improvement (%)',
      '95\u00a0% interval',
    ],
    [row(`mean ${measure} of candidates`, means), row(`best of ${count}`, best)],
    [1, 2, 3, 4, 5, 6],
  );
}

function seedTable({ runs, means, best, measure, test }: SeedsAnalysis): Content {
  const rows = runs.map(({ seed, derived, test: tested }, i): Content[] => [
    seed,
    ...[means, best].flatMap((side) => [shown(side?.controller[i], measure), shown(side?.random[i], measure)]),
    means ? decimal(means.relative.bySeed[i], 2) : ABSENT,
    shown(tested?.[testMeasure(measure)], measure),
    html`<code>${derived.architecture}</code>`,
  ]);
  return [
    table(
      [
        'seed',
        'mean, strategy',
        'mean, random',
        'best, strategy',
        'best, random',
        'relative improvement (%)',
        `test ${measure}`,
        'found',
      ],
      rows,
      [0, 1, 2, 3, 4, 5, 6],
    ),
    test !== undefined &&
      html`<p>Test ${measure} of the found networks, each trained from scratch and tested once: mean ${shown(test.value, measure)}${isNumber(test.standardDeviation) && `, standard deviation ${shown(test.standardDeviation, measure)}, 95\u00a0% interval of the mean ${range(test, (value) => shown(value, measure))}`}.</p>\n`,
  ];
}

type Measure = SeedsAnalysis['measure'];
const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);
const shown = (value: unknown, measure: Measure): string =>
  measure === 'loss' ? decimal(value, 4) : percent(value, 2);
const gain = (value: number, measure: Measure): string => (measure === 'loss' ? decimal(value, 4) : points(value, 2));
const range = ({ interval }: Pick<OverSeeds, 'interval'>, text: (value: number) => string): string =>
  interval ? `${text(interval[0])} to ${text(interval[1])}` : ABSENT;
