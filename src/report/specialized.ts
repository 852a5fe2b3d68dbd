/** Networks for several budgets from a single training, as a page: a plot of accuracy against cost, and a table. */
import { type Cost, COSTS } from '../config/costs.js';
import { ownValue } from '../errors.js';
import * as Plot from '@observablehq/plot';
import { type Interval } from '../statistics/assess.js';
import { largestOf, smallestOf } from '../statistics/extremes.js';
import { drawChart, gridY, label } from './charts/frame.js';
import { ABSENT, decimal, integer, percent, plural, points } from './format.js';
import { figure, html, section, table } from './html/markup.js';
import { page } from './html/page.js';
import { color } from './palette.js';

/** A network and its budget. */
export interface SpecializedRow {
  readonly name: string;
  readonly budget: { readonly cost: string; readonly limit: number };
  readonly architecture: string;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Bytes of its weights and statistics as 32-bit floats. */
  readonly bytes: number;
  /** Milliseconds per example, measured. */
  readonly milliseconds: number;
  readonly accuracy: number;
  readonly loss: number;
  /** Number of test examples; absent for texts, like the following fields. */
  readonly count?: number;
  /** 95 % interval of the accuracy over test examples. */
  readonly interval?: Interval;
  /**
   * Its accuracy gain over the largest of the networks with fewer parameters, with the 95 % interval over the same
   * examples.
   */
  readonly gain?: { readonly over: string; readonly difference: number; readonly interval: Interval };
}

/** One self-contained HTML file; the networks' folders, by name, are in the same folder. */
export function specializedPage(
  space: string,
  rows: readonly SpecializedRow[],
  { version, fineTune = 0 }: { readonly version: string; readonly fineTune?: number },
): string {
  const isUncertain = rows.some(({ interval }) => interval !== undefined);
  return page(
    { title: `${rows.length} networks of ${space}`, version, source: 'the shared weights of one run' },
    html`<header><p class="eyebrow">One training, ${rows.length} networks</p>
<h1>Networks of ${space} for ${rows.length} budgets</h1>
<p class="sub">Each is a slice of the shared weights, with its own batch statistics; ${fineTune > 0 ? `it was then trained further by itself for ${plural(fineTune, 'epoch')}` : 'none was trained further'}. Accuracies are on the test part, with the exported weights.</p>
</header>
`,
    section(
      'front',
      'Accuracy against cost',
      html`<div class="figures">${[
        figure(
          chart(rows, 'parameters'),
          `Test accuracy against the number of parameters. Dots are numbered as in the table; the line is the best accuracy at no more than that cost${isUncertain ? '; bars are 95\u00a0% intervals over test examples' : ''}.`,
        ),
        figure(chart(rows, 'multiplyAdds'), 'Test accuracy against multiply-adds for one example.'),
      ]}</div>\n`,
    ),
    section(
      'networks',
      'The networks',
      table(
        [
          '',
          'budget',
          'accuracy',
          ...(isUncertain ? ['95 % interval', 'more than the next smaller'] : []),
          'parameters',
          'multiply-adds',
          'kB',
          'ms',
          'loss',
          'architecture',
        ],
        rows.map((row, i) => [
          String(i + 1),
          html`<a href="${row.name}/README.md" style="white-space:nowrap">${ownValue<Cost>(COSTS, row.budget.cost)?.title ?? row.budget.cost} ≤ ${shown(row.budget.limit)}</a>`,
          percent(row.accuracy),
          ...(isUncertain ? [range(row.interval, (share) => decimal(100 * share, 1)), gainOf(row)] : []),
          shown(row.parameters),
          shown(row.multiplyAdds),
          (row.bytes / 1000).toFixed(1),
          row.milliseconds.toFixed(2),
          row.loss.toFixed(3),
          html`<code style="white-space:nowrap">${row.architecture}</code>`,
        ]),
        isUncertain ? [2, 3, 4, 5, 6, 7, 8, 9] : [2, 3, 4, 5, 6, 7],
      ),
      isUncertain &&
        html`<p class="sub">Intervals are over test examples (${integer(rows[0]!.count)} here), for the weights of this one training; another seed may differ by more. All networks were tested on the same examples, so the difference between two of them, in points, is known more precisely than their accuracies. A larger network is shown to be worth its size only if the interval of this difference excludes 0.</p>\n`,
      html`<p class="sub">kB: weights and statistics as 32-bit floats. ms: one example on this machine, the median of several runs with the backend of the search. The link of a budget leads to instructions for using the network.</p>\n`,
    ),
  );
}

function range(interval: Interval | undefined, text: (end: number) => string): string {
  return interval ? `${text(interval[0])} to ${text(interval[1])}` : ABSENT;
}

const gainOf = ({ gain }: SpecializedRow): string =>
  gain ? `${points(gain.difference)} (${range(gain.interval, points)})` : ABSENT;

const shown = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 3 });

/** Costs that span more than this factor are drawn on a logarithmic axis. */
const WIDE = 6;

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  readonly name: string;
}

/** A dot per network; one that is the best for several budgets carries all their numbers. */
function dotsOf(rows: readonly SpecializedRow[], cost: 'parameters' | 'multiplyAdds'): Dot[] {
  const dots = new Map<string, Dot>();
  rows.forEach((row, i) => {
    const [x, y] = [row[cost], row.accuracy];
    const known = dots.get(`${x}/${y}`);
    const [low, high] = row.interval ?? [y, y];
    dots.set(`${x}/${y}`, { x, y, low, high, name: known ? `${known.name}, ${i + 1}` : String(i + 1) });
  });
  return [...dots.values()];
}

function chart(rows: readonly SpecializedRow[], cost: 'parameters' | 'multiplyAdds'): string {
  const dots = dotsOf(rows, cost);
  const costs = dots.map(({ x }) => x);
  const isWide = smallestOf(costs) > 0 && largestOf(costs) > WIDE * smallestOf(costs);
  let best = -Infinity;
  const front = [...dots].sort((a, b) => a.x - b.x || b.y - a.y).filter(({ y }) => y > best && ((best = y), true));
  const end = { x: largestOf(costs), y: best };
  return drawChart({
    ariaLabel: `test accuracy against ${cost}`,
    height: 260,
    marginLeft: 52,
    x: { type: isWide ? 'log' : 'linear', nice: !isWide, inset: 18 },
    y: { percent: true, nice: true, inset: 14 },
    marks: [
      gridY(),
      Plot.axisY({ label: '↑ test accuracy (%)', labelArrow: 'none', color: color('muted'), ticks: 5 }),
      Plot.axisX({
        label: cost === 'parameters' ? 'parameters' : 'multiply-adds',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: isWide ? 3 : 4,
        tickFormat: shortNumber,
        color: color('muted'),
      }),
      Plot.lineY([...front, end], {
        x: 'x',
        y: 'y',
        curve: 'step-after',
        stroke: color('controller'),
        strokeOpacity: 0.45,
        strokeWidth: 1.6,
      }),
      Plot.ruleX(
        dots.filter(({ low, high }) => low < high),
        { x: 'x', y1: 'low', y2: 'high', stroke: color('controller'), strokeOpacity: 0.6 },
      ),
      Plot.dot(dots, { x: 'x', y: 'y', r: 4.5, fill: color('controller'), stroke: color('paper') }),
      label(dots, { x: 'x', y: 'y', dx: 6, dy: -13, text: 'name', fill: color('ink') }),
    ],
  });
}

/** 12000 as 12k, 1500000 as 1.5M. */
function shortNumber(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))}k` : String(value);
}
