/** Curves over a common axis, each labelled at its end, for studies and instruments. */
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { isNumber, scientific } from '../format.js';
import { color, type ColorName } from '../palette.js';
import { drawChart, gridY, integerTicks, label, thin } from './frame.js';

export interface LinePoint {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  /** Written at the end of the line; empty for no label. */
  readonly name: string;
  readonly color: ColorName;
  readonly points: readonly LinePoint[];
  readonly dashed?: boolean;
  /** Points only, without a line. */
  readonly dots?: boolean;
}

export interface Axis {
  readonly label: string;
  readonly type?: 'linear' | 'log';
  readonly domain?: readonly [number, number];
}

export interface LinesOptions {
  /** Read out in place of the picture. */
  readonly ariaLabel: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly height?: number;
  /** Space for the labels on the right. */
  readonly marginRight?: number;
}

/** Maximum number of points drawn per line: more would only make the file large. */
const MAX_POINTS = 300;
/** Minimum distance between two labels, as a fraction of the vertical range. */
const NAME_GAP = 0.105;

/**
 * The lines overlaid; undefined if none has a point. Values that are not finite (or not positive on a logarithmic axis)
 * are left out.
 */
export function linesChart(
  lines: readonly Line[],
  { ariaLabel, x, y, height = 260, marginRight = 104 }: LinesOptions,
): string | undefined {
  const drawable = ({ type }: Axis, value: number): boolean => isNumber(value) && (type !== 'log' || value > 0);
  const drawn = lines
    .map((line) => ({
      ...line,
      points: thin(
        line.points.filter((point) => drawable(x, point.x) && drawable(y, point.y)),
        MAX_POINTS,
      ),
    }))
    .filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const places = drawn.flatMap(({ points }) => points.map((point) => point.x));
  const counts = x.type !== 'log' && places.every((place) => Number.isInteger(place) && place > 0);
  const largest = largestOf(places);
  return drawChart({
    ariaLabel,
    height,
    marginRight,
    marginLeft: 54,
    x: { type: x.type ?? 'linear', ...(x.domain && { domain: [...x.domain] }) },
    y: {
      type: y.type ?? 'linear',
      label: `↑ ${y.label}`,
      labelArrow: 'none',
      ...(y.domain && { domain: [...y.domain], clamp: true }),
      ...(!y.domain && { nice: true }),
    },
    marks: [
      gridY(y.type === 'log' ? { ticks: 4 } : {}),
      Plot.axisX({
        label: x.label,
        labelAnchor: 'right',
        labelArrow: 'none',
        tickSize: 4,
        color: color('muted'),
        // Numbers with four or more digits need more space.
        ticks: counts
          ? integerTicks(largest, largest < 1000 ? 7 : 4).filter((tick) => tick >= smallestOf(places))
          : largest < 1000
            ? 5
            : 4,
        ...(counts && { tickFormat: ',d' }),
        ...(x.type === 'log' && { tickFormat: largest >= 10 * smallestOf(places) ? roundTick : logarithmicTick }),
      }),
      Plot.axisY({
        label: `↑ ${y.label}`,
        labelArrow: 'none',
        color: color('muted'),
        ticks: y.type === 'log' ? 4 : 6,
        ...(y.type === 'log' && { tickFormat: logarithmicTick }),
      }),
      ...drawn.map((line) =>
        line.dots
          ? Plot.dot(line.points, { x: 'x', y: 'y', r: 2.2, fill: color(line.color), fillOpacity: 0.7 })
          : Plot.lineY(line.points, {
              x: 'x',
              y: 'y',
              stroke: color(line.color),
              strokeWidth: line.dashed ? 1.4 : 1.8,
              ...(line.dashed && { strokeDasharray: '5 3' }),
            }),
      ),
      ...namesAtEnds(drawn, y).map((end) =>
        label([end], { x: 'x', y: 'y', text: 'name', dx: 8, textAnchor: 'start', fill: color(end.color) }),
      ),
    ],
  });
}

/** 0.01 and 1000 as they are; longer numbers as a power of ten. */
function logarithmicTick(value: number): string {
  return value >= 1e5 || value < 1e-3
    ? scientific(value, 0).replace(/^1\s×\s/, '')
    : String(Number(value.toPrecision(6)));
}

/** Only 1, 2 and 5 of each power of ten, which are far enough apart on an axis of several. */
function roundTick(value: number): string {
  return '125'.includes(value.toExponential()[0]!) ? logarithmicTick(value) : '';
}

/** The position of each label: at the end of its line, moved apart from the others. */
function namesAtEnds(
  lines: readonly Line[],
  { type, domain }: Axis,
): (LinePoint & { name: string; color: ColorName })[] {
  const [to, from] = type === 'log' ? [Math.log, Math.exp] : [(value: number) => value, (value: number) => value];
  const values = domain ?? lines.flatMap(({ points }) => points.map(({ y }) => y));
  // A logarithmic axis without an explicit domain extends to powers of ten.
  const decade = (value: number, rounded: (exponent: number) => number): number =>
    type === 'log' && !domain ? 10 ** rounded(Math.log10(value)) : value;
  const [low, high] = [to(decade(smallestOf(values), Math.floor)), to(decade(largestOf(values), Math.ceil))];
  const right = largestOf(lines.flatMap(({ points }) => points.map(({ x }) => x)));
  const gap = NAME_GAP * (high - low || 1);
  const ends = lines
    .filter(({ name }) => name !== '')
    .map(({ name, color, points }) => ({
      name,
      color,
      x: right,
      at: Math.min(high, Math.max(low, to(points.at(-1)!.y))),
    }))
    .sort((a, b) => a.at - b.at);
  for (let i = 1; i < ends.length; i++) ends[i]!.at = Math.max(ends[i]!.at, ends[i - 1]!.at + gap);
  // Labels pushed beyond the top move back down and push the others.
  for (let i = ends.length - 1, limit = high; i >= 0; i--, limit -= gap) ends[i]!.at = Math.min(ends[i]!.at, limit);
  return ends.map(({ at, ...end }) => ({ ...end, y: from(at) }));
}
