/** Networks for several budgets from one training as a page: a picture of accuracy against cost, and a table. */
import { type Cost, COSTS } from '../config/costs.js';
import { ownValue } from '../errors.js';
import * as Plot from '@observablehq/plot';
import { largestOf, smallestOf } from '../statistics/extremes.js';
import { drawChart, gridY, label } from './charts/frame.js';
import { percent, plural } from './format.js';
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
  /** Milliseconds for one example, measured. */
  readonly milliseconds: number;
  readonly accuracy: number;
  readonly loss: number;
}

/** One self-contained HTML file; the folders of the networks, by their names, are in the same folder. */
export function specializedPage(
  space: string,
  rows: readonly SpecializedRow[],
  { version, fineTune = 0 }: { readonly version: string; readonly fineTune?: number },
): string {
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
          'Test accuracy against the number of parameters. Dots are numbered as in the table; the line is the best accuracy at no more than that cost.',
        ),
        figure(chart(rows, 'multiplyAdds'), 'Test accuracy against multiply-adds for one example.'),
      ]}</div>\n`,
    ),
    section(
      'networks',
      'The networks',
      table(
        ['', 'budget', 'accuracy', 'parameters', 'multiply-adds', 'kB', 'ms', 'loss', 'architecture'],
        rows.map((row, i) => [
          String(i + 1),
          html`<a href="${row.name}/README.md" style="white-space:nowrap">${ownValue<Cost>(COSTS, row.budget.cost)?.title ?? row.budget.cost} ≤ ${shown(row.budget.limit)}</a>`,
          percent(row.accuracy),
          shown(row.parameters),
          shown(row.multiplyAdds),
          (row.bytes / 1000).toFixed(1),
          row.milliseconds.toFixed(2),
          row.loss.toFixed(3),
          html`<code style="white-space:nowrap">${row.architecture}</code>`,
        ]),
        [2, 3, 4, 5, 6, 7],
      ),
      html`<p class="sub">kB: weights and statistics as 32-bit floats. ms: one example on this machine, the median of several runs with the backend of the search. The link of a budget leads to instructions for using the network.</p>\n`,
    ),
  );
}

const shown = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 3 });

/** Costs that span more than this factor are drawn on a logarithmic axis. */
const WIDE = 6;

/** A dot for each network; one that is the best for several budgets has all their numbers. */
function pointsOf(
  rows: readonly SpecializedRow[],
  cost: 'parameters' | 'multiplyAdds',
): { x: number; y: number; name: string }[] {
  const points = new Map<string, { x: number; y: number; name: string }>();
  rows.forEach((row, i) => {
    const [x, y] = [row[cost], row.accuracy];
    const known = points.get(`${x}/${y}`);
    points.set(`${x}/${y}`, { x, y, name: known ? `${known.name}, ${i + 1}` : String(i + 1) });
  });
  return [...points.values()];
}

function chart(rows: readonly SpecializedRow[], cost: 'parameters' | 'multiplyAdds'): string {
  const points = pointsOf(rows, cost);
  const costs = points.map(({ x }) => x);
  const isWide = smallestOf(costs) > 0 && largestOf(costs) > WIDE * smallestOf(costs);
  let best = -Infinity;
  const front = [...points].sort((a, b) => a.x - b.x || b.y - a.y).filter(({ y }) => y > best && ((best = y), true));
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
      Plot.dot(points, { x: 'x', y: 'y', r: 4.5, fill: color('controller'), stroke: color('paper') }),
      label(points, { x: 'x', y: 'y', dy: -13, text: 'name', fill: color('ink') }),
    ],
  });
}

/** 12000 as 12k, 1500000 as 1.5M. */
function shortNumber(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  return value >= 1000 ? `${Number((value / 1000).toPrecision(3))}k` : String(value);
}
