/** Configurations compared, and the difference of each pair of runs. */
import * as Plot from '@observablehq/plot';
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import { drawChart, namedRows } from '../charts/frame.js';
import { color, type ColorName } from '../palette.js';
import { type RunComparison } from './analysis.js';
import { seedOf } from './configurations.js';
import { type Quantity } from './quantities.js';

/** Colours of the configurations, the baseline first. */
export const INKS: readonly ColorName[] = ['random', 'controller', 'found', 'alarm', 'muted', 'ink'];

const [ROW, FRAME] = [34, 66];
/** Maximum number of characters of a name next to the rows. */
const NAME = 24;

const scaleOf = ({ unit }: Quantity): number => (unit === 'share' ? 100 : 1);
const unitOf = ({ unit }: Quantity, difference: boolean): string =>
  unit === 'share' ? (difference ? ' (points)' : ' (%)') : unit === 'nats' ? ' (nats)' : '';

interface Row {
  readonly name: string;
  readonly ink: ColorName;
  readonly dots: readonly { readonly value: number; readonly title: string }[];
  readonly mean: number;
  readonly interval: readonly [number, number] | undefined;
}

/** A row of dots for each configuration, one dot per run, with the mean and its interval. */
export function valuesChart({ means, quality }: RunComparison): string {
  const scale = scaleOf(quality);
  return rowsChart(
    means.map(({ configuration, values, mean }, i) => ({
      name: configuration.name,
      ink: INKS[i % INKS.length]!,
      dots: values.map((value, k) => ({ value: scale * value, title: `seed ${seedOf(configuration.runs[k]!)}` })),
      mean: scale * mean.value,
      interval: mean.interval && [scale * mean.interval[0], scale * mean.interval[1]],
    })),
    `${quality.name}${unitOf(quality, false)}`,
    [],
    `${quality.name} of every run, one row for each configuration, with means and intervals`,
  );
}

/** Differences from the first configuration; undefined if nothing is paired. */
export function differencesChart({ others, quality }: RunComparison): string | undefined {
  const scale = scaleOf(quality);
  const rows = others.flatMap(({ configuration, pairs, quality: { assessment } }, i): Row[] =>
    pairs
      ? [
          {
            name: configuration.name,
            ink: INKS[(i + 1) % INKS.length]!,
            dots: pairs.map(({ baseline, run }) => ({
              value: scale * (quality.of(run.input)! - quality.of(baseline.input)!),
              title: `seed ${seedOf(run)}`,
            })),
            mean: scale * assessment.value,
            interval: assessment.interval && [scale * assessment.interval[0], scale * assessment.interval[1]],
          },
        ]
      : [],
  );
  if (rows.length === 0) return undefined;
  return rowsChart(
    rows,
    `difference in ${quality.name}${unitOf(quality, true)}`,
    [0],
    `Difference in ${quality.name} within each pair of runs, one row for each configuration, with mean and interval`,
  );
}

function rowsChart(rows: readonly Row[], label: string, marks: readonly number[], ariaLabel: string): string {
  const name = (row: Row): string => (row.name.length > NAME ? `${row.name.slice(0, NAME - 1)}…` : row.name);
  const longest = rows.reduce((most, row) => Math.max(most, name(row).length), 0);
  const values = [...marks, ...rows.flatMap(({ dots, mean }) => [mean, ...dots.map(({ value }) => value)])];
  const [least, most] = [smallestOf(values), largestOf(values)];
  return drawChart({
    ariaLabel,
    height: FRAME + ROW * rows.length,
    marginLeft: 16 + 7 * longest,
    // Equal values have no scale of their own.
    x: { nice: true, inset: 6, ...(least === most && { domain: [least - 1, most + 1] }) },
    y: { type: 'band', domain: rows.map(name) },
    marks: [
      ...namedRows({ label, marks }),
      ...rows.flatMap((row) => {
        const at = { y: name(row) };
        return [
          row.interval
            ? Plot.ruleY([row.interval], {
                y: () => at.y,
                x1: '0',
                x2: '1',
                stroke: color(row.ink),
                strokeWidth: 2,
                dy: 9,
              })
            : null,
          Plot.dot([...row.dots], {
            x: 'value',
            y: () => at.y,
            r: 4,
            fill: color(row.ink),
            fillOpacity: 0.55,
            title: 'title',
          }),
          Plot.dot([row.mean], {
            x: (value: number) => value,
            y: () => at.y,
            r: 5,
            symbol: 'diamond',
            fill: color(row.ink),
            stroke: color('paper'),
            strokeWidth: 1,
            dy: 9,
          }),
        ];
      }),
    ],
  });
}
