/** A dot plot: one value of each series in each named row, the series distinguished by colour. */
import { largestOf } from '../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { color, type ColorName } from '../palette.js';
import { drawChart, label as text, namedRows } from './frame.js';

export interface DotSeries {
  readonly name: string;
  readonly color: ColorName;
  readonly points: readonly { readonly row: string; readonly value: number }[];
}

export interface DotOptions {
  /** Read out in place of the picture. */
  readonly ariaLabel: string;
  /** Label of the common axis, which begins at 0. */
  readonly label: string;
  /** Values marked by a dashed line, such as that of the method that all are compared with. */
  readonly marks?: readonly number[];
  readonly width?: number;
}

const [ROW, FRAME, NAMES] = [24, 62, 150];

/**
 * The rows in the order in which the series first name them; the names of the series are shown above. Undefined if
 * there are no values.
 */
export function dotChart(
  series: readonly DotSeries[],
  { ariaLabel, label, marks = [], width = 620 }: DotOptions,
): string | undefined {
  const rows = [...new Set(series.flatMap(({ points }) => points.map(({ row }) => row)))];
  if (rows.length === 0) return undefined;
  const between = (width - NAMES) / series.length;
  return drawChart({
    ariaLabel,
    width,
    height: FRAME + ROW * (rows.length + 1),
    marginLeft: NAMES,
    marginTop: 44,
    x: {
      domain: [0, largestOf([...marks, ...series.flatMap(({ points }) => points.map(({ value }) => value))])],
      nice: true,
    },
    y: { type: 'band', domain: rows },
    marks: [
      ...namedRows({ label, marks }),
      ...series.flatMap((one, i) => [
        Plot.dot(one.points, { x: 'value', y: 'row', r: 4.5, fill: color(one.color), fillOpacity: 0.8 }),
        text([{ name: one.name }], {
          text: 'name',
          frameAnchor: 'top-left',
          textAnchor: 'start',
          dx: i * between,
          dy: -24,
          fill: color(one.color),
        }),
      ]),
    ],
  });
}
