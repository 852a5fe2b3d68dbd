/** Factors that increase or reduce forgetting: operations, shared weights, and the matrix of all measurements. */
import { largestOf, smallestOf } from '../../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { type PerformanceMatrix } from '../../../forgetting/metrics/index.js';
import { drawChart } from '../../charts/frame.js';
import { integer, isNumber } from '../../format.js';
import { color } from '../../palette.js';
import { type pooledEffects } from '../by-option.js';
import { type SharingDegree } from '../by-sharing.js';

/**
 * Effect of one more occurrence of the operation on loss2 - loss1, with two standard errors to either side, most
 * forgetting on top.
 */
export function operationChart(operations: ReturnType<typeof pooledEffects>): string | undefined {
  const known = operations
    .flatMap(({ option, effect, effectError }) =>
      effect === null
        ? []
        : [{ option, effect, low: effect - 2 * (effectError ?? 0), high: effect + 2 * (effectError ?? 0) }],
    )
    .sort((a, b) => b.effect - a.effect);
  if (known.length < 2) return undefined;
  return drawChart({
    ariaLabel: 'Effect of each operation on forgetting',
    height: 26 * known.length + 62,
    marginLeft: 18 + 7 * largestOf(known.map(({ option }) => option.length)),
    marginTop: 8,
    x: { nice: true },
    y: { type: 'band', domain: known.map(({ option }) => option), padding: 0.4 },
    marks: [
      Plot.gridX({ stroke: color('faint'), strokeOpacity: 0.6, ticks: 4 }),
      Plot.ruleX([0], { stroke: color('muted') }),
      Plot.axisX({
        label: 'change of loss2 − loss1 by one more (nats)',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 4,
        color: color('muted'),
      }),
      Plot.axisY({ label: null, tickSize: 0 }),
      Plot.ruleY(known, {
        y: 'option',
        x1: 'low',
        x2: 'high',
        stroke: color('controller'),
        strokeWidth: 5,
        strokeOpacity: 0.3,
      }),
      Plot.dot(known, { x: 'effect', y: 'option', r: 4, fill: color('controller') }),
    ],
  });
}

/** Mean forgetting of architectures by the number of weights shared with the next one, with two standard errors. */
export function sharingChart(sharing: readonly SharingDegree[]): string | undefined {
  const known = sharing.flatMap(({ from, to, meanDiff, standardError }) => {
    if (meanDiff === null) return [];
    const name = from === null ? 'none follows' : from === to ? integer(from) : `${integer(from)} – ${integer(to)}`;
    return [{ name, meanDiff, low: meanDiff - 2 * (standardError ?? 0), high: meanDiff + 2 * (standardError ?? 0) }];
  });
  if (known.length < 2) return undefined;
  return drawChart({
    ariaLabel: 'Forgetting by the number of weights shared with the next architecture',
    height: 30 * known.length + 62,
    marginLeft: 22 + 6.4 * largestOf(known.map(({ name }) => name.length)),
    marginTop: 24,
    x: { nice: true },
    y: { type: 'band', domain: known.map(({ name }) => name), padding: 0.4 },
    marks: [
      Plot.gridX({ stroke: color('faint'), strokeOpacity: 0.6, ticks: 4 }),
      Plot.ruleX([0], { stroke: color('muted') }),
      Plot.axisX({
        label: 'mean loss2 − loss1 (nats)',
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 4,
        color: color('muted'),
      }),
      Plot.axisY({ label: 'weights shared', labelArrow: 'none', labelAnchor: 'top', tickSize: 0 }),
      Plot.ruleY(known, {
        y: 'name',
        x1: 'low',
        x2: 'high',
        stroke: color('controller'),
        strokeWidth: 5,
        strokeOpacity: 0.3,
      }),
      Plot.dot(known, { x: 'meanDiff', y: 'name', r: 4, fill: color('controller') }),
    ],
  });
}

/**
 * R as a heat map: rows are training events, columns architectures in the order of their training; the darker, the
 * better. `percentages` prints a number in each cell if there is space.
 */
export function matrixChart(
  matrix: PerformanceMatrix,
  { aria = 'Performance of each architecture after each training' }: { aria?: string } = {},
): string | undefined {
  const cells = matrix.flatMap((row, t) =>
    row.flatMap((value, j) => (isNumber(value) ? [{ t: String(t + 1), j: String(j + 1), value, own: t === j }] : [])),
  );
  if (cells.length === 0) return undefined;
  const size = matrix.length;
  const columns = largestOf(matrix.map((row) => row.length));
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i + 1));
  const values = cells.map(({ value }) => value);
  const [low, high] = [smallestOf(values), largestOf(values)];
  const strength = ({ value }: { value: number }): number => 0.06 + 0.94 * ((value - low) / (high - low || 1));
  const ticks = (count: number): string[] =>
    names(count).filter((_, i) => count <= 20 || (i + 1) % Math.ceil(count / 10) === 0);
  return drawChart({
    ariaLabel: aria,
    height: 440,
    marginTop: 44,
    marginBottom: 8,
    marginLeft: 48,
    x: { type: 'band', domain: names(columns), padding: size > 30 ? 0 : 0.05 },
    y: { type: 'band', domain: names(size), padding: size > 30 ? 0 : 0.05 },
    marks: [
      Plot.axisX(ticks(columns), {
        anchor: 'top',
        label: 'architecture',
        labelArrow: 'none',
        labelAnchor: 'right',
        tickSize: 0,
        color: color('muted'),
      }),
      Plot.axisY(ticks(size), {
        label: 'after event',
        labelArrow: 'none',
        labelAnchor: 'top',
        tickSize: 0,
        color: color('muted'),
      }),
      Plot.cell(cells, { x: 'j', y: 't', fill: color('controller'), fillOpacity: strength }),
      size > 30
        ? null
        : Plot.cell(
            cells.filter(({ own }) => own),
            { x: 'j', y: 't', fill: 'none', stroke: color('random'), strokeWidth: 1.5 },
          ),
      size > 12
        ? null
        : [false, true].map((strong) =>
            Plot.text(
              cells.filter((cell) => strength(cell) > 0.55 === strong),
              {
                x: 'j',
                y: 't',
                text: ({ value }: { value: number }) => (100 * value).toFixed(0),
                fill: color(strong ? 'onStrong' : 'ink'),
              },
            ),
          ),
    ],
  });
}
