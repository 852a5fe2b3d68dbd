/** The controller's probabilities as heat strips, and how they evolved. */
import { largestOf } from '../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { percent } from '../format.js';
import { color, fillName } from '../palette.js';
import { entropyOf, maximalEntropy, type PreferenceGroup, type PreferenceSnapshot } from '../preferences.js';
import { drawChart, thin } from './frame.js';

const ROW_HEIGHT = 25;
const MARGIN_TOP = 42;

/**
 * One row for every decision of the group, one cell for each option: the darker, the more probable. For subsets a cell
 * is the probability that the node is included, which makes a triangle of skip connections. The last column is the
 * row's entropy as a fraction of that of a uniform choice.
 */
export function preferenceChart({ options, rows, subset }: PreferenceGroup): string {
  const columns = options.slice(0, largestOf(rows.map(({ probabilities }) => probabilities.length)));
  const cells = rows.flatMap(({ label, probabilities }) =>
    probabilities.map((p, i) => ({ row: label, column: columns[i] ?? String(i), p, strong: p > 0.55 })),
  );
  const entropies = rows.map(({ label, probabilities }) => ({
    row: label,
    share: entropyOf(probabilities, subset) / maximalEntropy(probabilities.length, subset),
  }));
  const marginLeft = Math.max(subset ? 46 : 30, 14 + 7 * largestOf(rows.map(({ label }) => label.length)));
  return drawChart({
    ariaLabel: subset ? 'Probability of each skip connection' : 'Probability of each option by decision',
    height: rows.length * ROW_HEIGHT + MARGIN_TOP + 6,
    marginTop: MARGIN_TOP,
    marginBottom: 6,
    marginLeft,
    marginRight: 62,
    x: { type: 'band', domain: columns, padding: 0.06 },
    y: { type: 'band', domain: rows.map(({ label }) => label), padding: 0.08 },
    opacity: { type: 'identity' },
    marks: [
      Plot.axisX({
        anchor: 'top',
        label: subset ? 'from' : null,
        labelArrow: 'none',
        tickSize: 0,
        tickPadding: subset ? 4 : 13,
        color: color('muted'),
      }),
      Plot.axisY({ label: subset ? 'to' : null, labelArrow: 'none', tickSize: 0, color: color('muted') }),
      subset
        ? null
        : columns.map((column, i) =>
            Plot.dot([column], { x: [column], frameAnchor: 'top', dy: -9, r: 3.5, fill: color(fillName(i)) }),
          ),
      Plot.cell(cells, { x: 'column', y: 'row', fill: color('wash'), rx: 3 }),
      Plot.cell(cells, { x: 'column', y: 'row', fill: color('controller'), fillOpacity: 'p', rx: 3 }),
      ...[false, true].map((strong) =>
        Plot.text(
          cells.filter((cell) => cell.strong === strong),
          {
            x: 'column',
            y: 'row',
            text: ({ p }: { p: number }) => (100 * p).toFixed(0),
            fill: color(strong ? 'onStrong' : 'ink'),
          },
        ),
      ),
      Plot.text(entropies, {
        y: 'row',
        frameAnchor: 'right',
        dx: 50,
        textAnchor: 'end',
        text: ({ share }: { share: number }) => percent(share, 0),
        fill: color('muted'),
      }),
      Plot.text(['entropy'], {
        frameAnchor: 'top-right',
        dx: 50,
        dy: subset ? -16 : -25,
        textAnchor: 'end',
        fill: color('muted'),
      }),
    ],
  });
}

/** Maximum number of decisions shown as small multiples. */
const MAX_PANELS = 24;
const PANELS_A_ROW = 4;
/** Maximum number of epochs shown in a panel. */
const MAX_EPOCHS = 60;

/**
 * A small panel for every decision: the options' probabilities over the epochs, stacked, in the colours of the
 * drawings.
 */
export function preferenceHistoryChart(snapshots: readonly PreferenceSnapshot[], pattern: string): string | undefined {
  const history = thin(snapshots, MAX_EPOCHS).flatMap(({ epoch, groups }) =>
    groups.filter((group) => group.pattern === pattern && !group.subset).map((group) => ({ epoch, group })),
  );
  const last = history.at(-1);
  if (!last || history.length < 2) return undefined;
  const paths = last.group.rows.slice(0, MAX_PANELS).map(({ path }) => path);
  const titles = last.group.rows.slice(0, MAX_PANELS).map(({ label }) => label);
  const place = (path: string): { fx: number; fy: number } => ({
    fx: paths.indexOf(path) % PANELS_A_ROW,
    fy: Math.floor(paths.indexOf(path) / PANELS_A_ROW),
  });
  const bands = history.flatMap(({ epoch, group }) =>
    group.rows
      .filter(({ path }) => paths.includes(path))
      .flatMap(({ path, probabilities }) => {
        let base = 0;
        return probabilities.map((p, i) => ({
          ...place(path),
          path,
          option: i,
          epoch: epoch + 1,
          y1: base,
          y2: (base += p),
        }));
      }),
  );
  const lastEpoch = last.epoch + 1;
  const named = bands
    .filter(({ epoch, y1, y2 }) => epoch === lastEpoch && y2 - y1 >= 0.3)
    .map((band) => ({
      ...band,
      middle: (band.y1 + band.y2) / 2,
      name: last.group.options[band.option] ?? String(band.option),
    }));
  const rows = Math.ceil(paths.length / PANELS_A_ROW);
  const panel = { fx: 'fx', fy: 'fy' } as const;
  return drawChart({
    ariaLabel: 'Probability of each option over the epochs, by decision',
    height: rows * 92 + 40,
    marginLeft: 14,
    marginRight: 10,
    marginTop: 18,
    marginBottom: 36,
    x: { domain: [history[0]!.epoch + 1, lastEpoch] },
    y: { domain: [0, 1], axis: null },
    fx: {
      axis: null,
      padding: 0.12,
      domain: Array.from({ length: Math.min(PANELS_A_ROW, paths.length) }, (_, i) => i),
    },
    fy: { axis: null, padding: 0.24 },
    marks: [
      Plot.axisX([lastEpoch], {
        anchor: 'bottom',
        label: 'epoch',
        labelArrow: 'none',
        labelAnchor: 'right',
        labelOffset: 34,
        tickSize: 3,
        tickFormat: 'd',
        color: color('muted'),
      }),
      last.group.options.map((_, option) =>
        Plot.areaY(
          bands.filter((band) => band.option === option),
          {
            ...panel,
            x: 'epoch',
            y1: 'y1',
            y2: 'y2',
            z: 'path',
            fill: color(fillName(option)),
            stroke: color('paper'),
            strokeWidth: 0.6,
          },
        ),
      ),
      Plot.text(named, {
        ...panel,
        x: () => lastEpoch,
        y: 'middle',
        text: 'name',
        textAnchor: 'end',
        dx: -4,
        fill: color('onFill'),
        fontWeight: 600,
      }),
      Plot.text(
        paths.map((path, i) => ({ ...place(path), title: titles[i] })),
        { ...panel, frameAnchor: 'top-left', dy: -13, text: 'title', fill: color('muted') },
      ),
    ],
  });
}
