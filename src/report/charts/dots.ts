/** A dot plot: one value of each series in each named row, the series distinguished by colour. */
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import * as Plot from '@observablehq/plot';
import { color, type ColorName } from '../palette.js';
import { CHART_WIDTH, drawChart, label as text, namedRows } from './frame.js';

export interface DotSeries {
  readonly name: string;
  readonly color: ColorName;
  readonly points: readonly { readonly row: string; readonly value: number }[];
}

export interface DotOptions {
  /** Read out in place of the picture. */
  readonly ariaLabel: string;
  /** Label of the common axis, which includes 0. */
  readonly label: string;
  /** Values marked by a dashed line, such as that of the method that all are compared with. */
  readonly marks?: readonly number[];
}

const [ROW, FRAME, LINE] = [24, 42, 18];
/** Width of the names of rows, more where one is longer, and of one of their letters. */
const [NAMES, ROW_LETTER] = [150, 6.8];
/** Width of a letter of the names above, and the space between two of them. */
const [LETTER, BETWEEN] = [7.6, 18];

/**
 * The rows in the order in which the series first name them; the names of the series are shown above. Undefined if
 * there are no values.
 */
export function dotChart(
  series: readonly DotSeries[],
  { ariaLabel, label, marks = [] }: DotOptions,
): string | undefined {
  const rows = [...new Set(series.flatMap(({ points }) => points.map(({ row }) => row)))];
  if (rows.length === 0) return undefined;
  const values = series.flatMap(({ points }) => points.map(({ value }) => value));
  const marginLeft = Math.max(NAMES, 14 + ROW_LETTER * largestOf(rows.map(({ length }) => length)));
  const { places, lines } = inLines(series.map(({ name }) => name));
  return drawChart({
    ariaLabel,
    height: FRAME + LINE * lines + ROW * (rows.length + 1),
    marginLeft,
    marginTop: 26 + LINE * lines,
    x: {
      domain: [smallestOf([0, ...values]), largestOf([...marks, ...values])],
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
          dx: places[i]!.x - marginLeft,
          dy: -6 - LINE * (lines - places[i]!.line),
          fill: color(one.color),
        }),
      ]),
    ],
  });
}

/** Where names stand that are written one after the other, in as many lines as they need. */
function inLines(names: readonly string[]): { places: { readonly x: number; readonly line: number }[]; lines: number } {
  let [x, line] = [0, 0];
  const places = names.map((name) => {
    const width = LETTER * name.length;
    if (x > 0 && x + width > CHART_WIDTH) [x, line] = [0, line + 1];
    const place = { x, line };
    x += width + BETWEEN;
    return place;
  });
  return { places, lines: line + 1 };
}
