/**
 * Tables in JSON Lines: one object per line keyed by column, or one array per line. Parquet is read by way of JSON
 * Lines.
 */
import { WeftError } from '../../errors.js';
import type { CsvOptions } from '../csv.js';
import type { Charset } from './decode.js';
import { findLabelColumns, hasKnownLabel } from './label-column.js';
import { type Line, type LineReader, openLines } from './lines.js';
import { isParquet, openParquet } from './parquet.js';
import type { Opened } from './table.js';

const JSON_LINES = /\.(jsonl|ndjson)(\.gz)?$/i;

/** Whether a file with this name is read as JSON Lines. */
export const isJsonLines = (path: string): boolean => JSON_LINES.test(path) || isParquet(path);

/** The lines of such a file. */
export const openJsonLines = (path: string, charset: Charset | undefined): LineReader =>
  isParquet(path) ? openParquet(path) : openLines(path, charset, 'plain');

/** Number of lines read ahead of the rows to determine the column names. */
const SAMPLE = 2;

type Row = Readonly<Record<string, unknown>> | readonly unknown[];

/** Opens JSON Lines like a table with the same columns; null is a missing value. */
export function openJsonTable(
  path: string,
  options: Pick<CsvOptions, 'charset' | 'label' | 'header' | 'oneColumn'>,
): Opened {
  const needless = options.header !== undefined ? 'header' : isParquet(path) && options.charset ? 'charset' : undefined;
  if (needless)
    throw new WeftError('config', `${path}: data.${needless} has no meaning for such a file`, 'leave it out');
  const reader = openJsonLines(path, options.charset);
  const sample: { line: Line; row: Row }[] = [];
  while (sample.length < SAMPLE) {
    const next = reader.lines.next();
    if (next.done) break;
    sample.push({ line: next.value, row: rowOf(next.value, path) });
  }
  const [first] = sample;
  if (!first) throw new WeftError('data', `${path} is empty`, 'give a line for each example');
  const named = !Array.isArray(first.row);
  const header = named ? Object.keys(first.row) : headerOf(sample);
  const width = header?.length ?? (first.row as readonly unknown[]).length;
  if (width < 2 && !options.oneColumn)
    throw new WeftError(
      'data',
      `${path}: line ${first.line.number} has only one value`,
      'give columns to learn from, and a label',
    );
  // Integer-like keys of an object lose their position.
  if (named && options.label === undefined && !hasKnownLabel(header!) && header!.some((name) => /^\d+$/.test(name)))
    throw new WeftError(
      'data',
      `${path}: the names of the columns are numbers, so it is not clear which one is the label`,
      'say which column is the label, by name: data.label (--set data.label=NAME)',
    );
  const fieldsOf = (line: Line, row: Row): { line: Line; fields: string[] } => ({
    line,
    fields: Array.isArray(row)
      ? ofArray(row, { line, path, width, named })
      : ofObject(row as Readonly<Record<string, unknown>>, { line, path, header: named ? header : undefined }),
  });
  return {
    first: first.line,
    top: header ?? ofArray(first.row as readonly unknown[], { line: first.line, path, width, named: false }),
    header,
    labelColumns: findLabelColumns(options.label, header, width, path),
    separator: ',',
    *rows() {
      for (const { line, row } of !named && header ? sample.slice(1) : sample) yield fieldsOf(line, row);
      for (const line of reader.lines) yield fieldsOf(line, rowOf(line, path));
    },
    source: () => reader.source(),
  };
}

/** The column names if the first of several arrays holds only texts and the next one has a number. */
function headerOf([first, second]: readonly { row: Row }[]): string[] | undefined {
  const [names, values] = [first!.row as unknown[], second?.row];
  const isHeader = names.every((name) => typeof name === 'string') && Array.isArray(values);
  return isHeader && values.some((value) => typeof value === 'number') ? names : undefined;
}

function rowOf(line: Line, path: string): Row {
  let row: unknown;
  try {
    row = JSON.parse(line.text);
  } catch (cause) {
    throw new WeftError(
      'data',
      `${path}: line ${line.number} is not JSON (${(cause as Error).message})`,
      'give one object or array per line',
      { cause },
    );
  }
  if (typeof row === 'object' && row !== null) return row as Row;
  throw new WeftError(
    'data',
    `${path}: line ${line.number} is a ${row === null ? 'null' : typeof row}`,
    'give one object or array per line',
  );
}

interface Place {
  readonly line: Line;
  readonly path: string;
}

function ofArray(
  row: readonly unknown[],
  { width, named, ...place }: Place & { width: number; named: boolean },
): string[] {
  if (named || row.length !== width)
    throw new WeftError(
      'data',
      `${place.path}: line ${place.line.number} is an array of ${row.length}, but the first line is ${named ? 'an object' : `an array of ${width}`}`,
      'every line needs the same columns',
    );
  return row.map((value, i) => fieldOf(value, `value ${i + 1}`, place));
}

function ofObject(
  row: Readonly<Record<string, unknown>>,
  { header, ...place }: Place & { header: readonly string[] | undefined },
): string[] {
  const unlike = (what: string): WeftError =>
    new WeftError(
      'data',
      `${place.path}: line ${place.line.number} ${what}`,
      'give every line the same columns, with null for unknown values',
    );
  if (!header) throw unlike('is an object, but the first line is an array');
  const unknown = Object.keys(row).find((name) => !header.includes(name));
  if (unknown !== undefined) throw unlike(`has '${unknown}', which the first line does not have`);
  const missing = header.find((name) => !Object.hasOwn(row, name));
  if (missing !== undefined) throw unlike(`has no '${missing}'`);
  return header.map((name) => fieldOf(row[name], `'${name}'`, place));
}

/** A value as it would appear in a table. */
function fieldOf(value: unknown, name: string, { line, path }: Place): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object')
    throw new WeftError(
      'data',
      `${path}: line ${line.number}, ${name} is ${Array.isArray(value) ? 'an array' : 'an object'}`,
      'give numbers and texts, each with its own name',
    );
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new WeftError('data', `${path}: line ${line.number}, ${name} is too large for a number`, 'fix the value');
  return String(value);
}
