/** A strip plot: every value of each group as a dot in its own row, with the group's mean. */
import * as Plot from '@observablehq/plot';
import { color, type ColorName } from '../palette.js';
import { drawChart, namedRows } from './frame.js';

export interface Strip {
  readonly name: string;
  readonly color: ColorName;
  readonly values: readonly number[];
}

export interface StripOptions {
  /** Read out in place of the picture. */
  readonly ariaLabel: string;
  /** Label of the common axis. */
  readonly label: string;
  /** Values marked by a dashed line, such as that of guessing. */
  readonly marks?: readonly number[];
}

const [ROW, FRAME] = [30, 62];

/** The strips one below the other; undefined if none has a value. */
export function stripChart(
  strips: readonly Strip[],
  { ariaLabel, label, marks = [] }: StripOptions,
): string | undefined {
  const drawn = strips.filter(({ values }) => values.length > 0);
  if (drawn.length === 0) return undefined;
  const means = drawn.map(({ name, values }) => ({
    name,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  }));
  return drawChart({
    ariaLabel,
    height: FRAME + ROW * drawn.length,
    marginLeft: 110,
    x: { nice: true },
    y: { type: 'band', domain: drawn.map(({ name }) => name) },
    marks: [
      ...namedRows({ label, marks }),
      ...drawn.map((strip) =>
        Plot.dot(
          strip.values.map((value) => ({ value, name: strip.name })),
          { x: 'value', y: 'name', r: 4, fill: color(strip.color), fillOpacity: 0.55 },
        ),
      ),
      Plot.tickX(means, { x: 'mean', y: 'name', stroke: color('ink'), strokeWidth: 2.2, insetTop: 4, insetBottom: 4 }),
    ],
  });
}
