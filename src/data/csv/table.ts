/** A numeric table with one label column, read line by line into typed arrays. */
import { WeftError } from '../../errors.js';
import type { CsvOptions } from '../csv.js';
import type { Source } from '../dataset.js';
import { plainName } from '../class-names.js';
import { placesOf } from '../columns.js';
import { type Column, encoderOf, scanColumn, widthOf } from './encoding.js';
import { decimalMarks } from './decimal-marks.js';
import { findSeparator, numberIn, type Separator, splitFields, splitRow } from './fields.js';
import { growingNumbers } from './growing.js';
import { isJsonLines, openJsonTable } from './json-lines.js';
import { findLabelColumns, LABEL_NAMES, type LabelColumns } from './label-column.js';
import { type Line, type LineReader, linesOf, openLines } from './lines.js';
import { isNumberLike } from './number-like.js';
import { sha256 } from '../source.js';

export interface Table {
  readonly header: readonly string[] | undefined;
  readonly labelColumn: number;
  readonly separator: Separator;
  /** Row-major [rows, features]; bytes if every number is an integer in 0..255, NaN for missing values. */
  readonly values: Float32Array | Uint8Array;
  readonly features: number;
  /** The type of each column besides the label; undefined if all are numeric. */
  readonly encoding?: readonly Column[] | undefined;
  /** The name of the label if it is not in the header. */
  readonly labelName?: string;
  /** What a position is called in errors. */
  readonly unit: 'line' | 'row';
  /** The distinct labels, in order of appearance. */
  readonly labels: readonly DistinctLabel[];
  /** Index of each row's label. */
  readonly labelOf: Int32Array;
  /** All columns to predict, if there are more than the one in `labels` and `labelOf`. */
  readonly outputs?: readonly LabelColumn[];
  readonly source: Source;
}

/** One column to predict. */
export interface LabelColumn {
  readonly column: number;
  /** Its name if it is not in the header. */
  readonly name?: string;
  readonly labels: readonly DistinctLabel[];
  readonly labelOf: Int32Array;
}

export interface DistinctLabel {
  readonly text: string;
  /** The first line that has it; in an array, the row from 0. */
  readonly line: number;
  count: number;
}

/** Number of lines used to detect the separator and the header. */
const SAMPLE = 20;

/** A field that should be a number but is not. */
class NotNumber extends WeftError {}

/**
 * Reads a table; mistakes are reported with line and column. If the columns are not all numeric, they are encoded (see
 * `Column`).
 */
export function readTable(path: string, options: CsvOptions): Table {
  if (options.encoding) return readWith(path, options, options.encoding);
  if (options.ignore?.length) return readEncoded(path, options);
  try {
    return readWith(path, options);
  } catch (error) {
    // Most tables are entirely numeric and are read once.
    if (!(error instanceof NotNumber)) throw error;
    return readEncoded(path, options);
  }
}

/** Reads a table whose columns have to be examined first. */
function readEncoded(path: string, options: CsvOptions): Table {
  const { encoding, labelIsNamed } = scanTable(path, options);
  const text = encoding.findIndex(({ kind }) => kind === 'category');
  // Any of several text columns may be the label; the last one only by convention.
  if (text >= 0 && !labelIsNamed)
    throw new WeftError(
      'data',
      `${path}: column ${encoding[text]!.name === undefined ? text + 1 : `'${encoding[text]!.name}'`} contains text, so it is not clear which column is the label`,
      'say which column is the label, by name or number: data.label (--set data.label=NAME)',
    );
  return readWith(path, options, encoding);
}

export interface Opened {
  readonly first: Line;
  readonly top: readonly string[];
  readonly header: readonly string[] | undefined;
  /** Not necessarily ascending: in the order in which they are given. */
  readonly labelColumns: readonly number[];
  readonly separator: Separator;
  /** The rows one by one, each with as many fields as the first. */
  rows(): Generator<{ readonly line: Line; readonly fields: readonly string[] }>;
  source(): Source;
}

/** Opens a table of any format at its first row. */
export function openTable(path: string, options: CsvOptions): Opened {
  if (isJsonLines(path)) return openJsonTable(path, options);
  const { content } = options;
  const reader: LineReader = content
    ? {
        lines: linesOf(content, path, options.charset),
        source: () => ({ path, sha256: sha256(content), bytes: content.length }),
      }
    : openLines(path, options.charset);
  const sample: Line[] = [];
  while (sample.length < SAMPLE) {
    const next = reader.lines.next();
    if (next.done) break;
    sample.push(next.value);
  }
  const [first] = sample;
  if (!first) throw new WeftError('data', `${path} is empty`, 'a row is numbers and a class label');
  const separator = findSeparator(sample, path, options.oneColumn);
  const top = splitFields(first, separator, path).map(plainName);
  const named = options.header ?? looksLikeHeader(top, options.label, separator);
  const fieldsOf = (line: Line): { line: Line; fields: string[] } => ({
    line,
    fields: splitRow(line, separator, path, { number: first.number, columns: top.length }),
  });
  const header = named ? top : undefined;
  return {
    first,
    top,
    header,
    labelColumns: findLabelColumns(options.label, header, top.length, path),
    separator,
    *rows() {
      for (const line of header ? sample.slice(1) : sample) yield fieldsOf(line);
      for (const line of reader.lines) yield fieldsOf(line);
    },
    source: () => reader.source(),
  };
}

/** The type of each column besides the label, inferred from all rows. */
function scanTable(path: string, options: CsvOptions): { encoding: Column[]; labelIsNamed: boolean } {
  const { header, labelColumns, separator, top, rows } = openTable(path, options);
  const columns = top
    .map((_, column) => ({ column, scan: scanColumn() }))
    .filter(({ column }) => !labelColumns.includes(column));
  const ignored = ignoredColumns(options.ignore ?? [], { header, labelColumns }, path);
  for (const { fields } of rows()) for (const { column, scan } of columns) scan.see(fields[column]!, separator);
  return {
    encoding: columns.map(({ column, scan }): Column =>
      ignored.has(column)
        ? { name: header![column]!, kind: 'left out', reason: 'data.ignore names it' }
        : scan.column(header?.[column]),
    ),
    labelIsNamed: options.label !== undefined || LABEL_NAMES.includes(header?.[labelColumns[0]!]?.toLowerCase() ?? ''),
  };
}

/** The positions of the columns to leave out. */
function ignoredColumns(
  ignore: readonly string[],
  { header, labelColumns }: Pick<Opened, 'header' | 'labelColumns'>,
  path: string,
): Set<number> {
  if (ignore.length > 0 && !header)
    throw new WeftError('data', `${path} has no header, so no column is named '${ignore[0]}'`, 'leave out data.ignore');
  const places = placesOf(ignore, header ?? [], path);
  const label = labelColumns.find((column) => places.includes(column));
  if (label !== undefined)
    throw new WeftError(
      'data',
      `${path}: data.ignore names the label column '${header![label]}'`,
      'say which column is the label: data.label',
    );
  return new Set(places);
}

function readWith(path: string, options: CsvOptions, encoding?: readonly Column[]): Table {
  const { first, header, labelColumns, separator, top, rows, source } = openTable(path, options);
  const values = growingNumbers(path);
  const outputs = labelColumns.map((column) =>
    labelsOf(column, header, {
      path,
      isOneOfSeveral: labelColumns.length > 1,
      mayBeEmpty: options.labelSeparator !== undefined,
    }),
  );
  const decimals = decimalMarks(separator, path);
  const plan = planOf(encoding, { header, labelColumns, columns: top.length }, path);
  const push = (value: number): void => values.push(value);
  for (const { line, fields } of rows()) {
    for (const output of outputs) output.see(fields, line);
    for (const { column, encode, kind } of plan) {
      const field = fields[column]!;
      if (encode) {
        if (!encode(field, separator, push)) throw notNumber(path, line, column, header, field, kind);
      } else {
        const value = numberIn(field, separator);
        if (value === undefined) throw notNumber(path, line, column, header, field);
        values.push(value);
      }
      // A point in a text or a date is not a decimal point.
      if (kind === 'number') decimals.see(field, line.number);
    }
  }
  const [output, ...others] = outputs.map((one) => one.finish());
  const { labels, labelOf, column: labelColumn } = output!;
  if (labelOf.length === 0)
    throw new WeftError('data', `${path} has a header and no rows`, 'a row is numbers and a class label');
  if (encoding?.every(({ kind }) => kind === 'left out'))
    throw new WeftError(
      'data',
      `${path}: no column is left to learn from:${encoding.map(({ name, reason }, i) => `\n  ${name === undefined ? `column ${i + 1}` : `'${name}'`} is left out: ${reason}`).join('')}`,
      'add columns of numbers, or of texts that repeat',
    );
  if (options.header === undefined && !header) requireData(top, labels, first.number, separator, path);
  return {
    header,
    labelColumn,
    separator,
    values: values.finish(),
    features: encoding ? encoding.reduce((sum, column) => sum + widthOf(column), 0) : top.length - outputs.length,
    encoding,
    unit: 'line',
    labels,
    labelOf,
    ...(others.length > 0 && { outputs: [output!, ...others] }),
    source: source(),
  };
}

/** Collects the labels of one column. */
function labelsOf(
  column: number,
  header: readonly string[] | undefined,
  { path, isOneOfSeveral, mayBeEmpty }: { path: string; isOneOfSeveral: boolean; mayBeEmpty: boolean },
): { see(fields: readonly string[], line: Line): void; finish(): LabelColumn } {
  /** By every text that denotes the label: an accented letter may be encoded as one character or as two. */
  const known = new Map<string, { index: number; label: DistinctLabel }>();
  const found: DistinctLabel[] = [];
  const labelOf: number[] = [];
  const called = isOneOfSeveral ? ` in '${header?.[column] ?? `column ${column + 1}`}'` : '';
  return {
    see(fields, line) {
      const text = fields[column]!.trim();
      if (text === '' && !mayBeEmpty)
        throw new WeftError(
          'data',
          `${path}: line ${line.number} has no label${called}`,
          'fill it in or remove the row',
        );
      let one = known.get(text);
      if (!one) {
        // A copy: a substring would keep the whole line in memory.
        const own = Buffer.from(text).toString();
        const name = plainName(own);
        one = known.get(name) ?? { index: found.length, label: { text: name, line: line.number, count: 0 } };
        if (one.index === found.length) found.push(one.label);
        known.set(name, one).set(own, one);
      }
      one.label.count++;
      labelOf.push(one.index);
    },
    finish: () => ({
      column,
      labels: found,
      labelOf: Int32Array.from(labelOf),
    }),
  };
}

/**
 * The columns that are read, in the order of the inputs; those of a given encoding are looked up by name if they have
 * names.
 */
function planOf(
  encoding: readonly Column[] | undefined,
  { header, labelColumns, columns }: Pick<Opened, 'header' | 'labelColumns'> & { readonly columns: number },
  path: string,
): { column: number; kind: Column['kind']; encode?: ReturnType<typeof encoderOf> }[] {
  const others = Array.from({ length: columns }, (_, column) => column).filter(
    (column) => !labelColumns.includes(column),
  );
  if (!encoding) return others.map((column) => ({ column, kind: 'number' }));
  const used = encoding.map((column, i) => ({ column, i })).filter(({ column }) => column.kind !== 'left out');
  const names = used.map(({ column }) => column.name);
  if (header && names.every((name) => name !== undefined)) {
    const places = placesOf(names, header, path);
    return used.map(({ column }, i) => ({ column: places[i]!, kind: column.kind, encode: encoderOf(column) }));
  }
  if (others.length !== encoding.length)
    throw new WeftError(
      'data',
      `${path} has ${others.length} columns besides the label, but ${encoding.length} are expected`,
      'give it the same columns in the same order',
    );
  return used.map(({ column, i }) => ({ column: others[i]!, kind: column.kind, encode: encoderOf(column) }));
}

function notNumber(
  path: string,
  line: Line,
  column: number,
  header: readonly string[] | undefined,
  field: string,
  kind: Column['kind'] = 'number',
): NotNumber {
  return new NotNumber(
    'data',
    `${path}: line ${line.number}, column ${column + 1}${header ? ` (${header[column]})` : ''}: '${shown(field)}' is not a ${kind}`,
    kind === 'number' && isNumberLike(field)
      ? 'write it with digits and a decimal point only, without thousands separators and signs'
      : `a column holds ${kind === 'date' ? 'dates in one order' : 'numbers or texts, not both'}: fix the field, or leave it empty if the value is not known`,
  );
}

/** A field in printable form: truncated, with control characters as codes. */
function shown(field: string): string {
  const text = field.trim();
  const clipped = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return clipped.replace(/[\0-\x1f\x7f]/g, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/**
 * A first row is a header if it contains no numbers, or if it names the label column (the others may be called 0, 1, 2,
 * …).
 */
const looksLikeHeader = (first: readonly string[], label: LabelColumns | undefined, separator: Separator): boolean =>
  first.every((field) => numberIn(field, separator) === undefined) ||
  first.some((field) => [label].flat().includes(field) || LABEL_NAMES.includes(field.toLowerCase()));

/**
 * Refuses a first row that could equally be a header: consecutive numbers, such as years, and a label that no other row
 * has.
 */
function requireData(
  first: readonly string[],
  labels: readonly DistinctLabel[],
  line: number,
  separator: Separator,
  path: string,
): void {
  const numbers = first.map((field) => numberIn(field, separator)).filter((value) => value !== undefined);
  const successive = numbers.length > 1 && numbers.every((value, i) => i === 0 || value === numbers[i - 1]! + 1);
  const [own, ...others] = labels;
  if (
    successive &&
    own!.count === 1 &&
    own!.line === line &&
    others.length > 0 &&
    others.every(({ count }) => count > 1)
  )
    throw new WeftError(
      'data',
      `${path}: line ${line} may be a header or data: its numbers are consecutive, and no other row has the label '${own!.text}'`,
      'set data.header to true or false',
    );
}
