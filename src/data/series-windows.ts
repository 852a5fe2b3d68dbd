/** The windows of each series in each part, and the series that have none. */
import { WeftError } from '../errors.js';
import type { SeriesForm } from './series.js';

export interface Row {
  readonly line: number;
  /** For the columns of a window. */
  readonly values: Float64Array;
  readonly label: string;
  readonly time: number;
}

/** A window that begins at a row of a series. */
export interface Place {
  readonly rows: readonly Row[];
  readonly at: number;
}

/** By part; for all parts together. */
type Windows = Readonly<Record<'train' | 'validation' | 'test' | 'all', readonly Place[]>>;

/**
 * The windows of each part. With a time column the boundaries are the same moments in all series, otherwise the same
 * fraction of each.
 */
export function windowsIn(
  groups: ReadonlyMap<string, readonly Row[]>,
  { window, horizon, time }: SeriesForm,
  { validation, test }: { readonly validation: number; readonly test: number },
): Windows {
  // The validation part is a share of the data before the test part.
  const shares = [(1 - test) * (1 - validation), 1 - test];
  const times =
    time === undefined
      ? undefined
      : [...groups.values()]
          .flat()
          .map((row) => row.time)
          .sort((a, b) => a - b);
  const borders = (rows: readonly Row[]): number[] =>
    shares.map((share) => {
      const moment = times?.[Math.round(share * times.length)];
      if (!times) return Math.round(share * rows.length);
      const first = moment === undefined ? -1 : rows.findIndex((row) => row.time >= moment);
      return first < 0 ? rows.length : first;
    });
  const found: Record<keyof Windows, Place[]> = {
    train: [],
    validation: [],
    test: [],
    all: [],
  };
  for (const rows of groups.values()) {
    const [second, third] = borders(rows) as [number, number];
    for (const [part, from, to] of [
      ['train', 0, second],
      ['validation', second, third],
      ['test', third, rows.length],
    ] as const)
      for (let at = from; at + window + horizon <= to; at++) {
        found[part].push({ rows, at });
        found.all.push({ rows, at });
      }
  }
  for (const [part, share] of [
    ['train', 1],
    ['validation', validation],
    ['test', test],
  ] as const)
    if (share > 0 && found[part].length === 0)
      throw new WeftError(
        'data',
        `no window of ${window} rows with the value ${horizon} rows after it fits into the ${part === 'train' ? 'training' : part} part, which is one period of time`,
        `reduce data.window or data.horizon${part === 'train' ? '' : `, or increase data.${part}`}`,
      );
  return found;
}

/** Series that are listed individually. */
const MOST_NAMED = 10;

/** Which series have no window at all, and which have none in an evaluation part, as readable sentences. */
export function saySeriesLeftOut(
  groups: ReadonlyMap<string, readonly Row[]>,
  windows: Windows,
  { window, horizon }: SeriesForm,
): string[] {
  if (groups.size < 2) return [];
  const without = (part: keyof Windows, of: readonly (readonly [string, readonly Row[]])[]) => {
    const having = new Set(windows[part].map(({ rows }) => rows));
    return of.filter(([, rows]) => !having.has(rows));
  };
  const named = (series: readonly (readonly [string, readonly Row[]])[]): string =>
    series
      .slice(0, MOST_NAMED)
      .map(([name, { length }]) => `'${name}' (${length} ${length === 1 ? 'row' : 'rows'})`)
      .join(', ') + (series.length > MOST_NAMED ? `, and ${series.length - MOST_NAMED} more` : '');
  const all = [...groups];
  const none = without('all', all);
  const some = all.filter((one) => !none.includes(one));
  const needed = horizon === 0 ? `${window} rows` : `${window} rows and what is ${horizon} after them`;
  return [
    ...(none.length > 0
      ? [
          `${none.length} of ${all.length} series ${none.length === 1 ? 'has' : 'have'} no window of ${needed} within one part, and ${none.length === 1 ? 'is' : 'are'} left out: ${named(none)}`,
        ]
      : []),
    ...(['validation', 'test'] as const).flatMap((part) => {
      const absent = windows[part].length > 0 ? without(part, some) : [];
      return absent.length > 0
        ? [`the ${part} part has no window of ${absent.length} of the ${some.length} other series: ${named(absent)}`]
        : [];
    }),
  ];
}
