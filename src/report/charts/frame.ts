/** The shared parts of all charts: size, font, colours, and conversion of a plot to SVG text. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { decimal } from '../format.js';
import { color, type ColorName } from '../palette.js';

/** A phone shows a chart at nearly this width, so that 12 px text is still at least 11 px there. */
export const CHART_WIDTH = 400;
export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** All charts are equally wide: a wider one would have smaller text on a phone. */
export interface ChartOptions extends Omit<Plot.PlotOptions, 'width'> {
  /** Read out in place of the picture; must not contain user text. */
  readonly ariaLabel: string;
}

/** Draws a plot as an SVG element without scripts, style sheets or identifiers: the same input gives the same bytes. */
export function drawChart({ marks, ...options }: ChartOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>') as unknown as Required<
    Pick<Plot.PlotOptions, 'document'>
  >;
  const svg = Plot.plot({
    document,
    className: 'chart',
    height: 240,
    marginLeft: 46,
    marginRight: 16,
    marginTop: 26,
    marginBottom: 36,
    ...options,
    width: CHART_WIDTH,
    style: { fontSize: '12px', fontFamily: FONT, color: color('ink'), background: 'none' },
    marks: marks ?? [],
  }) as unknown as SvgElement;
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.querySelector('style')?.remove();
  for (const element of svg.querySelectorAll('*')) {
    // One picture with one description: its parts have none.
    element.removeAttribute('aria-label');
    element.removeAttribute('aria-hidden');
    for (const { name, value } of [...element.attributes]) {
      if (GEOMETRY.has(name))
        element.setAttribute(
          name,
          value.replace(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))),
        );
    }
  }
  return svg.outerHTML;
}

/** Faint lines across the plot at the ticks of the vertical axis. */
export function gridY(options: Plot.GridYOptions = {}): Plot.Markish {
  return Plot.gridY({ stroke: color('faint'), strokeOpacity: 0.6, ...options });
}

/** A line through points in order, with the last value written next to its dot. */
export function lineToLast(points: readonly { readonly x: number; readonly y: number }[]): Plot.Markish[] {
  const last = points.slice(-1);
  return [
    Plot.lineY(points, { x: 'x', y: 'y', stroke: color('controller'), strokeWidth: 2 }),
    Plot.dot(last, { x: 'x', y: 'y', r: 3, fill: color('controller') }),
    label(last, {
      x: 'x',
      y: 'y',
      text: ({ y }: { y: number }) => decimal(y, 2),
      dx: 8,
      textAnchor: 'start',
      fill: color('controller'),
    }),
  ];
}

/**
 * Shared marks of charts with named rows and horizontal values: grid, both axes, and dashed lines at the marked values.
 */
export function namedRows({ label: text, marks }: { label: string; marks: readonly number[] }): Plot.Markish[] {
  return [
    Plot.gridX({ stroke: color('faint'), strokeOpacity: 0.6 }),
    Plot.axisX({ label: text, labelAnchor: 'right', labelArrow: 'none', tickSize: 4, color: color('muted') }),
    Plot.axisY({ label: null, tickSize: 0, color: color('ink') }),
    ...(marks.length > 0 ? [Plot.ruleX(marks, { stroke: color('muted'), strokeDasharray: '4 3' })] : []),
  ];
}

/** Horizontal axis that counts epochs, from 1. */
export function epochAxis(epochs: number): Plot.Markish {
  return Plot.axisX(integerTicks(epochs), {
    label: 'epoch',
    labelAnchor: 'right',
    labelArrow: 'none',
    tickSize: 4,
    tickFormat: 'd',
    color: color('muted'),
  });
}

/** Text at a data point, outlined in the page's colour so that it stays readable over lines. */
export function label(data: readonly object[], options: Plot.TextOptions): Plot.Markish {
  return Plot.text(data as Plot.Data, { fontWeight: 600, stroke: color('paper'), strokeWidth: 4, ...options });
}

/** Names in the right margin, each beside a dot in the colour of what it names; `x` is the right end of the plot. */
export function namesAtRight(
  names: readonly { readonly name: string; readonly x: number; readonly at: number; readonly fill: ColorName }[],
  dx = 12,
): Plot.Markish[] {
  return [
    Plot.dot(names, {
      x: 'x',
      y: 'at',
      dx,
      r: 4,
      fill: ({ fill }: { fill: ColorName }) => color(fill),
      clip: false,
    }),
    label(names, { x: 'x', y: 'at', text: 'name', dx: dx + 8, textAnchor: 'start', fill: color('ink') }),
  ];
}

/** At most `count` integers from 1 to `last`, evenly spaced. */
export function integerTicks(last: number, count = 7): number[] {
  const step =
    [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000].find((candidate) => last / candidate <= count) ??
    Math.ceil(last / count);
  const ticks = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step);
  return ticks[0] === 1 ? ticks : [1, ...ticks];
}

/** At most `count` of the items, evenly spaced, including the last one. */
export function thin<T>(items: readonly T[], count: number): readonly T[] {
  const stride = Math.ceil(items.length / count);
  return stride <= 1 ? items : items.filter((_, i) => (items.length - 1 - i) % stride === 0);
}

/** The coordinates that are rounded: further digits are floating-point noise. */
const GEOMETRY = new Set([
  'd',
  'transform',
  'x',
  'y',
  'x1',
  'x2',
  'y1',
  'y2',
  'cx',
  'cy',
  'width',
  'height',
  'fill-opacity',
  'points',
]);

/** The small part of the DOM that is needed here; the project is compiled without browser types. */
interface SvgElement {
  readonly attributes: Iterable<{ name: string; value: string }>;
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  remove(): void;
  querySelector(selector: string): SvgElement | null;
  querySelectorAll(selector: string): Iterable<SvgElement>;
}
