/** Tables of numbers with a class label on each row: comma, semicolon or tab, header optional, gzipped or not. */
import { WeftError, unknownNameHint } from '../errors.js';
import { defineDataset, exampleSize, type Dataset, type InputShape } from './dataset.js';
import { readSource, type SourceFile } from './source.js';

export interface CsvOptions {
  /**
   * Column of the class: its name in the header, or its index from 0 (negative: from the end).
   * Left out: the column named `label`, `class` or `target`, otherwise the last.
   */
  readonly label?: string | number;
  /** Whether the first line names the columns. Left out: found by looking at it. */
  readonly header?: boolean;
  /** [height, width, channels] of a row that is an image, in row-major order. Left out: [1, 1, columns]. */
  readonly imageShape?: InputShape;
}

/** Reads a CSV file, and a second one as the test part where there is one. Labels may be any text. */
export function readCsv(path: string, name: string, options: CsvOptions = {}, testPath?: string): Dataset {
  const files = [path, ...(testPath === undefined ? [] : [testPath])].map(readSource);
  const [train, test] = files.map((file) => readTable(file, options)) as [Table, Table | undefined];
  if (test && test.features !== train.features)
    throw new WeftError(
      'data',
      `${testPath}: ${test.features} numbers a row, but ${train.features} in ${path}`,
      'training and test tables need the same columns',
    );
  const moved = train.header && test?.header ? train.header.findIndex((column, i) => column !== test.header![i]) : -1;
  if (moved >= 0)
    throw new WeftError(
      'data',
      `${testPath}: column ${moved + 1} is '${test!.header![moved]}', but '${train.header![moved]}' in ${path}`,
      'training and test tables need the same columns in the same order',
    );
  const classNames = classesOf(train, path);
  const classOf = new Map(classNames.map((label, index) => [label, index]));
  const imagesAndLabels = (table: Table, file: string): { images: Table['values']; labels: Int32Array } => ({
    images: table.values,
    labels: Int32Array.from(table.labels, (label, row) => {
      const index = classOf.get(label);
      if (index === undefined)
        throw new WeftError(
          'data',
          `${file}: line ${table.lines[row]}: class '${label}' does not occur in ${path}`,
          unknownNameHint(label, classNames.slice(0, 20)),
        );
      return index;
    }),
  });
  const inputShape = options.imageShape ?? ([1, 1, train.features] as const);
  if (exampleSize(inputShape) !== train.features)
    throw new WeftError(
      'data',
      `${path}: ${train.features} numbers a row do not fill the image shape [${inputShape.join(', ')}]`,
      'height x width x channels must equal the number of columns without the label',
    );
  return defineDataset(
    {
      name,
      inputShape,
      classes: classNames.length,
      classNames,
      train: imagesAndLabels(train, path),
      test: test && imagesAndLabels(test, testPath!),
      sources: files.map((file) => file.source),
    },
    path,
  );
}

interface Table {
  readonly header: readonly string[] | undefined;
  /** Row-major [rows, features]; bytes where every number is a whole one in 0..255. */
  readonly values: Float32Array | Uint8Array;
  readonly features: number;
  readonly labels: readonly string[];
  /** Line of each row in the file, from 1. */
  readonly lines: readonly number[];
}

function readTable({ bytes, source: { path } }: SourceFile, options: CsvOptions): Table {
  const rows = textLines(bytes, path);
  const first = rows[0];
  if (!first) throw new WeftError('data', `${path} is empty`, 'a row is numbers and a class label');
  const separator = [',', ';', '\t'].find((candidate) => first.text.includes(candidate));
  if (!separator)
    throw new WeftError(
      'data',
      `${path}: line ${first.line} has only one column`,
      'separate numbers and label by comma, semicolon or tab',
    );

  const top = splitRow(first, separator, path);
  const header = (options.header ?? looksLikeHeader(top, options.label)) ? top : undefined;
  const labelColumn = findLabelColumn(options.label, header, top.length, path);
  const body = header ? rows.slice(1) : rows;
  const features = top.length - 1;
  const values = new Float32Array(body.length * features);
  const labels: string[] = [];
  let out = 0;
  let wholeBytes = true;
  for (const row of body) {
    const { line } = row;
    const fields = splitRow(row, separator, path);
    if (fields.length !== top.length)
      throw new WeftError(
        'data',
        `${path}: line ${line} has ${fields.length} columns, line ${first.line} has ${top.length}`,
        'every row needs the same columns; quote a field that contains the separator',
      );
    for (let column = 0; column < fields.length; column++) {
      const field = fields[column]!;
      if (column === labelColumn) {
        if (field === '')
          throw new WeftError('data', `${path}: line ${line} has no label`, 'fill it in or remove the row');
        labels.push(field);
        continue;
      }
      const value = Math.fround(Number(field));
      if (field === '' || !Number.isFinite(value))
        throw new WeftError(
          'data',
          `${path}: line ${line}, column ${column + 1}${header ? ` (${header[column]})` : ''}: '${field}' is no number`,
          'inputs must be finite numbers; code categories as numbers and fill in or remove what is missing',
        );
      wholeBytes &&= value >= 0 && value <= 255 && Number.isInteger(value);
      values[out++] = value;
    }
  }
  if (labels.length === 0)
    throw new WeftError('data', `${path} has a header and no rows`, 'a row is numbers and a class label');
  return {
    header,
    values: wholeBytes ? Uint8Array.from(values) : values,
    features,
    labels,
    lines: body.map((row) => row.line),
  };
}

interface Row {
  readonly text: string;
  readonly line: number;
}

/** The lines that are not blank. */
function textLines(bytes: Uint8Array, path: string): Row[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new WeftError(
      'data',
      `${path} is no UTF-8 text (${(cause as Error).message})`,
      'save the table as UTF-8 CSV',
      { cause },
    );
  }
  return text
    .split('\n')
    .map((row, index) => ({ text: row.replace(/\r$/, ''), line: index + 1 }))
    .filter((row) => row.text.trim() !== '');
}

/** Fields of a row, trimmed; a field in double quotes may contain the separator, and "" for a quote. */
function splitRow({ text, line }: Row, separator: string, path: string): string[] {
  if (!text.includes('"')) return text.split(separator).map((field) => field.trim());
  const pattern = new RegExp(` *(?:"((?:[^"]|"")*)" *|([^"${separator}]*))(${separator}|$)`, 'y');
  const fields: string[] = [];
  for (let more = true; more;) {
    const field = pattern.exec(text);
    if (!field)
      throw new WeftError(
        'data',
        `${path}: line ${line}, column ${fields.length + 1}: a quote is not closed or stands inside a field`,
        'put the whole field into double quotes, on one line, and write "" for a quote in it',
      );
    fields.push(field[1]?.replaceAll('""', '"') ?? field[2]!.trim());
    more = field[3] === separator;
  }
  return fields;
}

/** A first row is a header if nothing in it is a number, or if it names the label column (the others may be called 0, 1, 2, …). */
const looksLikeHeader = (first: readonly string[], label: string | number | undefined): boolean =>
  first.every((field) => !isNumber(field)) ||
  first.some((field) => field === label || LABEL_NAMES.includes(field.toLowerCase()));

const isNumber = (field: string): boolean => field !== '' && Number.isFinite(Number(field));

const LABEL_NAMES = ['label', 'class', 'target'];

function findLabelColumn(
  label: string | number | undefined,
  header: readonly string[] | undefined,
  columns: number,
  path: string,
): number {
  if (typeof label === 'number') {
    const column = label < 0 ? columns + label : label;
    if (Number.isInteger(column) && column >= 0 && column < columns) return column;
    throw new WeftError(
      'data',
      `${path}: no column ${label} among ${columns}`,
      `columns are 0..${columns - 1}, or -1 for the last`,
    );
  }
  if (label !== undefined) {
    const column = header?.indexOf(label) ?? -1;
    if (column >= 0) return column;
    throw new WeftError(
      'data',
      `${path}: no column is named '${label}'`,
      header
        ? unknownNameHint(label, header.slice(0, 40))
        : 'the file has no header: give the index of the label column',
    );
  }
  const lower = header?.map((name) => name.toLowerCase());
  const named = LABEL_NAMES.map((name) => lower?.indexOf(name) ?? -1).find((column) => column >= 0);
  return named ?? columns - 1;
}

/** The distinct labels, by value if all are numbers, otherwise by code point. */
function classesOf({ labels }: Table, path: string): string[] {
  const distinct = [...new Set(labels)];
  if (distinct.length > Math.max(2, labels.length / 2))
    throw new WeftError(
      'data',
      `${path}: ${distinct.length} different labels in ${labels.length} rows are no classes`,
      'check which column is the label (option label); values to regress on are not supported',
    );
  return distinct.every(isNumber) ? distinct.sort((a, b) => Number(a) - Number(b)) : distinct.sort();
}
