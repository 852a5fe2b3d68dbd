/** Networks for several budgets from one training as a page: a picture of accuracy against cost, and a table. */
import * as Plot from '@observablehq/plot';
import { drawChart, gridY, label } from './charts/frame.js';
import { percent } from './format.js';
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
  readonly accuracy: number;
  readonly loss: number;
}

/** One self-contained HTML file; the folders of the networks lie beside it, by their names. */
export function specializedPage(space: string, rows: readonly SpecializedRow[], version: string): string {
  return page(
    { title: `${rows.length} networks of ${space}`, version, source: 'the shared weights of one run' },
    html`<header><p class="eyebrow">One training, ${rows.length} networks</p>
<h1>Networks of ${space} for ${rows.length} budgets</h1>
<p class="sub">Each is a slice of the shared weights, with batch statistics of its own; none was trained further. Accuracies are on the test part, with the exported weights.</p>
</header>
`,
    section(
      'front',
      'Accuracy against cost',
      html`<div class="figures">${[
        figure(chart(rows, 'parameters'), 'Test accuracy against the number of parameters, one dot for each budget.'),
        figure(chart(rows, 'multiplyAdds'), 'Test accuracy against multiply-adds for one example.'),
      ]}</div>\n`,
    ),
    section(
      'networks',
      'The networks',
      table(
        ['network', 'budget', 'parameters', 'multiply-adds', 'test accuracy', 'test loss', 'architecture'],
        rows.map(({ name, budget, parameters, multiplyAdds, accuracy, loss, architecture }) => [
          html`<a href="${name}/README.md">${name}</a>`,
          `${budget.cost} ≤ ${shown(budget.limit)}`,
          shown(parameters),
          shown(multiplyAdds),
          percent(accuracy),
          loss.toFixed(3),
          html`<code>${architecture}</code>`,
        ]),
        [2, 3, 4, 5],
      ),
    ),
  );
}

const shown = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 3 });

function chart(rows: readonly SpecializedRow[], cost: 'parameters' | 'multiplyAdds'): string {
  const points = rows.map((row) => ({ x: row[cost], y: row.accuracy, name: row.name }));
  return drawChart({
    ariaLabel: `test accuracy against ${cost}`,
    height: 260,
    marginLeft: 52,
    x: { nice: true, inset: 12 },
    y: { percent: true, nice: true, inset: 12, label: '↑ test accuracy (%)', labelArrow: 'none' },
    marks: [
      gridY(),
      Plot.axisX({
        label: cost === 'parameters' ? 'parameters' : 'multiply-adds',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 5,
        color: color('muted'),
      }),
      Plot.dot(points, { x: 'x', y: 'y', r: 4, fill: color('controller') }),
      label(points, { x: 'x', y: 'y', dy: -11, text: 'name', fill: color('muted') }),
    ],
  });
}
