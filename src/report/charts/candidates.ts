/** The candidates of the final choice compared with random architectures, and the interval of the difference. */
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { mean } from '../../statistics/index.js';
import { type EventLog } from '../event-log.js';
import { isNumber } from '../format.js';
import { measureOf } from '../measure.js';
import { color, type ColorName } from '../palette.js';
import { drawChart, label } from './frame.js';

/** Rows of the plot, from bottom to top, in units of the vertical scale. */
const ROW: Readonly<Record<Source, number>> = { random: 0, controller: 1 };
type Source = 'controller' | 'random';

/**
 * Shared-weight accuracy of every candidate, one dot each, stacked if they coincide. The dashed line is the mean of the
 * random ones; the bar is the interval of the difference of means, measured from that line, so that a bar crossing the
 * line means that no difference can be claimed (Gardner & Altman 1986).
 */
export function candidatesChart(log: EventLog): string | undefined {
  const { field, name, sign, percent: inPercent, show, unit } = measureOf(log);
  const candidates = log
    .all('candidate')
    .flatMap(({ source, hash, ...candidate }) =>
      isNumber(candidate[field]) && source in ROW ? [{ source, hash, value: candidate[field] }] : [],
    );
  if (candidates.length === 0) return undefined;
  const comparison = log.last('comparison');
  const derived = log.last('derived');
  const sources = (['random', 'controller'] as const).filter((source) =>
    candidates.some((candidate) => candidate.source === source),
  );
  const means = sources.map((source) => ({
    source,
    x: mean(candidates.filter((candidate) => candidate.source === source).map(({ value }) => value)),
  }));
  const row = (source: Source): number => ROW[source];
  const values = [...candidates.map(({ value }) => value), ...means.map(({ x }) => x)];
  const [low, high] = [smallestOf(values), largestOf(values)];
  const dots = stacked(candidates, low, high);
  const top = (source: Source): number => largestOf(dots.filter((dot) => dot.source === source).map(({ y }) => y));
  const interval =
    comparison && isNumber(comparison.randomMean) && comparison.interval?.every(isNumber)
      ? [
          {
            x1: comparison.randomMean + sign * comparison.interval[0],
            x2: comparison.randomMean + sign * comparison.interval[1],
            y: row('controller') - 0.17,
          },
        ]
      : [];
  const inLeftHalf = (x: number): boolean => x < (low + high) / 2;
  const chosen = derived && dots.find(({ source, hash }) => source === 'controller' && hash === derived.hash);

  return drawChart({
    ariaLabel: `${name.charAt(0).toUpperCase()}${name.slice(1)} of candidates from the controller and of random architectures`,
    height: 300,
    marginLeft: 14,
    marginRight: 14,
    marginTop: 6,
    x: { percent: inPercent, inset: 8 },
    y: { domain: [-0.3, largestOf(dots.map(({ y }) => y)) + 0.22], axis: null },
    marks: [
      Plot.axisX({
        label: `${name} with shared weights (${inPercent ? '%' : unit})`,
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        ticks: 7,
        color: color('muted'),
      }),
      sources.map((source) => Plot.ruleY([row(source)], { stroke: color('faint') })),
      comparison && isNumber(comparison.randomMean)
        ? Plot.ruleX([comparison.randomMean], { stroke: color('random'), strokeDasharray: '3 3' })
        : null,
      Plot.dot(dots, {
        x: 'x',
        y: 'y',
        r: 2.9,
        fill: ({ source }: { source: Source }) => color(source),
        fillOpacity: 0.75,
      }),
      Plot.ruleY(interval, {
        x1: 'x1',
        x2: 'x2',
        y: 'y',
        stroke: color('controller'),
        strokeWidth: 5,
        strokeOpacity: 0.35,
      }),
      means.map(({ source, x }) =>
        Plot.dot([{ x }], {
          x: 'x',
          y: row(source) - 0.17,
          r: 5,
          symbol: 'diamond',
          fill: color(source),
          stroke: color('paper'),
          strokeWidth: 1.5,
        }),
      ),
      // Beside the dashed line, not across it.
      means.map(({ source, x }) => {
        const toTheLeft = source === 'controller' && means.length > 1 ? x < means[0]!.x : !inLeftHalf(x);
        return label([{ x }], {
          x: 'x',
          y: row(source) - 0.17,
          dy: 14,
          dx: toTheLeft ? -6 : 6,
          textAnchor: toTheLeft ? 'end' : 'start',
          text: () => `mean ${show(x)}`,
          fill: color(source),
        });
      }),
      sources.map((source) =>
        rowTitle(source, top(source) + 0.13, {
          count: candidates.filter((candidate) => candidate.source === source).length,
          onTheRight: source === 'controller' && chosen !== undefined && inLeftHalf(chosen.x),
        }),
      ),
      chosen
        ? [
            Plot.dot([chosen], { x: 'x', y: 'y', r: 4.6, fill: 'none', stroke: color('found'), strokeWidth: 2.2 }),
            // Above the dots that it would cover.
            label([chosen], {
              x: 'x',
              y: largestOf(
                dots
                  .filter(({ source, x }) => source === 'controller' && Math.abs(x - chosen.x) < 0.17 * (high - low))
                  .map(({ y }) => y),
                chosen.y,
              ),
              dy: -13,
              text: () => 'derived',
              fill: color('found'),
              textAnchor: inLeftHalf(chosen.x) ? 'start' : 'end',
              dx: inLeftHalf(chosen.x) ? -8 : 8,
            }),
          ]
        : null,
    ],
  });
}

function rowTitle(
  source: Source,
  y: number,
  { count, onTheRight }: { readonly count: number; readonly onTheRight: boolean },
): Plot.Markish {
  const fill: ColorName = source;
  const words = source === 'controller' ? `controller, ${count} candidates` : `random, ${count} architectures`;
  return Plot.text([words], {
    frameAnchor: onTheRight ? 'right' : 'left',
    y: () => y,
    textAnchor: onTheRight ? 'end' : 'start',
    fontWeight: 600,
    stroke: color('paper'),
    strokeWidth: 4,
    fill: color(fill),
  });
}

/** Columns of dots: candidates with (nearly) the same accuracy are stacked, scaled so that the highest column fits. */
function stacked(
  candidates: readonly { readonly source: Source; readonly hash: string; readonly value: number }[],
  low: number,
  high: number,
): Dot[] {
  const width = (high - low || 1) / COLUMNS;
  const heights = new Map<string, number>();
  const placed = candidates.map((candidate) => {
    const column = Math.round((candidate.value - low) / width);
    const key = `${candidate.source}${column}`;
    const level = heights.get(key) ?? 0;
    heights.set(key, level + 1);
    return { source: candidate.source, hash: candidate.hash, x: low + column * width, level };
  });
  const step = Math.min(0.064, 0.66 / largestOf(heights.values()));
  return placed.map(({ level, ...dot }) => ({ ...dot, y: ROW[dot.source] + 0.06 + level * step }));
}

const COLUMNS = 60;

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly source: Source;
  readonly hash: string;
}
