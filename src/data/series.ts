/** Windows over the rows of a series: from several consecutive rows, predict a number or a class of a later one. */
import { WeftError } from '../errors.js';
import { placeOfName } from './class-names.js';
import { placesOf } from './columns.js';
import { doubleIn, numberIn } from './csv/fields.js';
import { dateFeatures } from './csv/dates.js';
import { decimalMarks } from './csv/decimal-marks.js';
import { type Charset } from './csv/decode.js';
import { findLabelColumn, type LabelColumns } from './csv/label-column.js';
import { type Opened, openTable } from './csv/table.js';
import { whyTargets } from './csv/task.js';
import { classesOf, type CsvOptions } from './csv.js';
import { type Dataset, defineDataset, type Examples, type Source } from './dataset.js';
import { type Place, type Row, saySeriesLeftOut, windowsIn } from './series-windows.js';
import { strataOf, stratumOf } from './targets.js';

/** How the windows of a series are made, as recorded in a run. */
export interface SeriesForm {
  /** Number of rows in a window. */
  readonly window: number;
  /** How many rows after the last row of the window the predicted value lies; 0 if it is in that row. */
  readonly horizon: number;
  /** The columns of a window, in order. */
  readonly columns: readonly string[];
  /** The column that identifies the series of each row. */
  readonly group?: string;
  /** The column by which the rows of a series are ordered; by default the order in the file. */
  readonly time?: string;
  /** The position of the predicted column in `columns`, if it is one of them. */
  readonly own?: number;
}

export interface SeriesOptions {
  readonly window: number;
  /** By default 1 for numbers, and 0 for anything else. */
  readonly horizon?: number;
  readonly group?: string;
  readonly time?: string;
  readonly label?: LabelColumns;
  readonly task?: 'classification' | 'regression';
  readonly header?: boolean;
  readonly charset?: Charset;
  readonly ignore?: readonly string[];
  /** Shares of the total time span that come last, in this order: below 1. */
  readonly validation: number;
  readonly test: number;
  /** The network to read data for: all windows then form a single part. */
  readonly known?: { readonly form: SeriesForm; readonly classNames?: readonly string[] | undefined };
}

const MOST_NUMBERS = 5e8;

/**
 * Reads a table as windows of shape [1, window, columns]. The parts follow each other in time and share no rows:
 * windows that would cross a boundary are left out. Throws WeftError('data') with line and column for a field that is
 * not a number, and if no window fits.
 */
export function readSeries(path: string, name: string, options: SeriesOptions): Dataset {
  const { known } = options;
  const table = readLines(path, options);
  const form = known?.form ?? formOf(table, options, path);
  const { window, horizon } = form;
  const { label, labelName } = labelOf(table, options, path);
  const groups = rowsOf(table, form, label, path);
  const longest = [...groups.values()].reduce((most, rows) => Math.max(most, rows.length), 0);
  if (longest < window + horizon)
    throw new WeftError(
      'data',
      `${path}: a window of ${window} rows and the value ${horizon} rows after it need ${window + horizon} rows, but the longest series has ${longest}`,
      'reduce data.window or data.horizon, or add rows',
    );
  const parts = windowsIn(groups, form, known ? { validation: 0, test: 0 } : options);
  const rowOf = ({ rows, at }: Place): Row => rows[at + window - 1 + horizon]!;
  const texts = countTexts(parts.all.map(rowOf));
  const reason = known
    ? undefined
    : ((options.task === 'regression' ? 'data.task says so' : undefined) ??
      (options.task === undefined ? whyTargets(texts, parts.all.length, table.separator) : undefined));
  const isNumber = known ? known.classNames === undefined : reason !== undefined;
  const size = window * form.columns.length;
  if (parts.all.length * size > MOST_NUMBERS)
    throw new WeftError(
      'data',
      `${path}: ${parts.all.length} windows of ${size} numbers are too many for the memory`,
      'reduce data.window, or leave out columns: data.ignore',
    );
  const inputs = (places: readonly Place[]): Float32Array => {
    const images = new Float32Array(places.length * size);
    places.forEach(({ rows, at }, i) => {
      for (let row = 0; row < window; row++) images.set(rows[at + row]!.values, i * size + row * form.columns.length);
    });
    return images;
  };
  const pool = [...parts.train, ...parts.validation];
  const common = {
    name,
    inputShape: [1, window, form.columns.length] as const,
    series: form,
    columns: form.columns,
    sources: [table.source],
    warnings: saySeriesLeftOut(groups, parts, form),
    ...(parts.validation.length > 0 && {
      validation: Uint32Array.from(parts.validation, (_, i) => parts.train.length + i),
    }),
  };
  if (isNumber) {
    const targets = (places: readonly Place[]): Float64Array =>
      Float64Array.from(places, (place) => {
        const { label: text, line } = rowOf(place);
        const value = doubleIn(text, table.separator);
        if (value !== undefined) return value;
        throw new WeftError(
          'data',
          `${path}: line ${line}: '${text.slice(0, 40)}' in the label column '${labelName}' is not a number, but numbers are to be predicted`,
          'fill it in: a series must have no missing values',
        );
      });
    const bounds = strataOf(targets(pool), 1);
    const part = (places: readonly Place[]): Omit<Examples, 'count'> => {
      const own = targets(places);
      return { images: inputs(places), targets: own, labels: stratumOf(own, 1, bounds) };
    };
    return defineDataset(
      {
        ...common,
        classes: bounds.length + 1,
        targets: { names: [labelName], ...(reason !== undefined && { reason }) },
        train: part(pool),
        test: parts.test.length > 0 ? part(parts.test) : undefined,
      },
      path,
    );
  }
  const classNames =
    known?.classNames ??
    classesOf({ labels: texts, labelOf: parts.all, unit: 'line', separator: table.separator }, path, options.task);
  const part = (places: readonly Place[]): Omit<Examples, 'count'> => ({
    images: inputs(places),
    labels: Int32Array.from(places, (place) => {
      const { label: text, line } = rowOf(place);
      const index = placeOfName(text, classNames);
      if (index >= 0) return index;
      throw new WeftError('data', `${path}: line ${line}: class '${text}' is not one that the network knows`, 'fix it');
    }),
  });
  return defineDataset(
    {
      ...common,
      classes: classNames.length,
      classNames,
      partial: known !== undefined,
      train: part(pool),
      test: parts.test.length > 0 ? part(parts.test) : undefined,
    },
    path,
  );
}

/** The last window of each series, to predict what comes after it. */
export function readLastWindows(
  path: string,
  form: SeriesForm,
  { charset, content }: Pick<CsvOptions, 'charset' | 'content'> = {},
): { names: string[]; images: Float32Array } {
  const table = readLines(path, { ...(charset && { charset }), ...(content && { content }), label: form.columns[0]! });
  const groups = rowsOf(table, form, undefined, path);
  const size = form.window * form.columns.length;
  const names: string[] = [];
  const images = new Float32Array(groups.size * size);
  for (const [group, rows] of groups) {
    if (rows.length < form.window)
      throw new WeftError(
        'data',
        `${path}: ${form.group === undefined ? 'the series' : `the series '${group}'`} has ${rows.length} rows, but the network takes the last ${form.window}`,
        'give more rows of the past',
      );
    rows
      .slice(-form.window)
      .forEach(({ values }, row) => images.set(values, names.length * size + row * form.columns.length));
    names.push(`${path}:${form.group === undefined ? rows.at(-1)!.line : group}`);
  }
  return { names, images };
}

function labelOf(table: Lines, { label }: SeriesOptions, path: string): { label: number; labelName: string } {
  if (typeof label === 'object')
    throw new WeftError('config', 'data.window predicts one column, but data.label names several', 'name one');
  const column = findLabelColumn(label, table.header, table.top.length, path);
  return { label: column, labelName: table.header![column]! };
}

/**
 * The columns of a window: all except the group, time and excluded columns; the label too, if it is a number and its
 * past values are inputs.
 */
function formOf(table: Lines, options: SeriesOptions, path: string): SeriesForm {
  const { window, group, time, ignore = [], task } = options;
  const { header } = table;
  if (!header)
    throw new WeftError('data', `${path} has no header, but windows need the names of columns`, 'add a header');
  const { label } = labelOf(table, options, path);
  for (const [field, named] of [
    ['group', group],
    ['time', time],
  ] as const)
    if (named !== undefined && (!header.includes(named) || header.indexOf(named) === label))
      throw new WeftError(
        'data',
        `${path}: data.${field} names '${named}', which is ${header.includes(named) ? 'the label column' : 'not a column'}`,
        `the columns are ${header.slice(0, 20).join(', ')}`,
      );
  const missing = ignore.find((one) => !header.includes(one));
  if (missing !== undefined)
    throw new WeftError('data', `${path}: data.ignore names '${missing}', which is not a column`, 'leave it out');
  const isNumeric =
    task !== 'classification' && doubleIn(table.lines[0]?.fields[label] ?? '', table.separator) !== undefined;
  const horizon = options.horizon ?? (isNumeric ? 1 : 0);
  const isPast = horizon > 0 && isNumeric;
  const columns = header.filter((one, i) => ![group, time, ...ignore].includes(one) && (i !== label || isPast));
  if (columns.length === 0)
    throw new WeftError('data', `${path} has no column left for the windows`, 'check data.ignore');
  const own = columns.indexOf(header[label]!);
  return {
    window,
    horizon,
    columns,
    ...(group !== undefined && { group }),
    ...(time !== undefined && { time }),
    ...(own >= 0 && { own }),
  };
}

/** A table held in memory as lines. */
interface Lines extends Pick<Opened, 'header' | 'top' | 'separator'> {
  readonly lines: readonly { readonly line: number; readonly fields: readonly string[] }[];
  readonly source: Source;
}

function readLines(path: string, options: CsvOptions): Lines {
  const { header, top, separator, rows, source } = openTable(path, { ...options, oneColumn: true });
  const lines = Array.from(rows(), ({ line, fields }) => ({ line: line.number, fields }));
  return { header, top, separator, lines, source: source() };
}

function rowsOf(
  { header, lines, separator }: Lines,
  { columns, group, time }: SeriesForm,
  label: number | undefined,
  path: string,
): Map<string, Row[]> {
  const named = [group, time].filter((name) => name !== undefined);
  const found = placesOf([...columns, ...named], header ?? [], path);
  const places = found.slice(0, columns.length);
  const [groupAt, timeAt] = [group, time].map((name) => (name === undefined ? undefined : header!.indexOf(name)));
  const groups = new Map<string, Row[]>();
  const decimals = decimalMarks(separator, path);
  // The first row says whether times are numbers or dates: days since 1970 and other numbers cannot be ordered
  // together.
  const inDates = timeAt !== undefined && lines[0] && doubleIn(lines[0].fields[timeAt]!, separator) === undefined;
  for (const { line, fields } of lines) {
    const values = Float64Array.from(places, (at, i) => {
      decimals.see(fields[at]!, line);
      const value = numberIn(fields[at]!, separator);
      if (value !== undefined) return value;
      throw new WeftError(
        'data',
        `${path}: line ${line}, column ${at + 1} (${columns[i]}): '${fields[at]!.trim().slice(0, 40)}' is not a number`,
        fields[at]!.trim() === ''
          ? 'a series must have no missing values: fill it in, or leave the column out: data.ignore'
          : 'windows consist of numbers: leave the column out (data.ignore), or use it as data.group or data.time',
      );
    });
    const text = label === undefined ? '' : fields[label]!.trim();
    if (label !== undefined && text === '')
      throw new WeftError(
        'data',
        `${path}: line ${line} has no label`,
        'fill it in: a series must have no missing values',
      );
    const key = groupAt === undefined ? '' : fields[groupAt]!.trim();
    const when =
      timeAt === undefined
        ? line
        : inDates
          ? dateFeatures(fields[timeAt]!, 'ymd', true)?.[0]
          : doubleIn(fields[timeAt]!, separator);
    if (when === undefined)
      throw new WeftError(
        'data',
        `${path}: line ${line}, column ${timeAt! + 1} (${time}): '${fields[timeAt!]!.trim().slice(0, 40)}' is ${line === lines[0]!.line ? 'neither a number nor a date (year-month-day)' : `not a ${inDates ? 'date (year-month-day)' : 'number'} as in the first row`}`,
        'write all times as 2024-05-31 or 2024-05-31T12:00, or all as numbers',
      );
    const known = groups.get(key);
    const row = { line, values, label: text, time: when };
    if (known) known.push(row);
    else groups.set(key, [row]);
  }
  for (const [key, list] of groups) {
    list.sort((a, b) => a.time - b.time || a.line - b.line);
    const twice = list.findIndex((row, i) => i > 0 && row.time === list[i - 1]!.time);
    if (twice > 0)
      throw new WeftError(
        'data',
        `${path}: lines ${list[twice - 1]!.line} and ${list[twice]!.line} have the same time${group === undefined ? '' : ` in the series '${key}'`}`,
        group === undefined
          ? 'if the table contains several series, name the column that distinguishes them: data.group'
          : 'leave one of them out',
      );
  }
  if (groups.size === 0) throw new WeftError('data', `${path} has a header and no rows`, 'add rows');
  return groups;
}

/** The distinct labels of all windows, in the form of a table. */
function countTexts(rows: readonly Row[]): { text: string; line: number; count: number }[] {
  const known = new Map<string, { text: string; line: number; count: number }>();
  for (const { label, line } of rows) {
    const one = known.get(label);
    if (one) one.count++;
    else known.set(label, { text: label, line, count: 1 });
  }
  return [...known.values()];
}
