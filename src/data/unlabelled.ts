/**
 * Unlabelled inputs, converted to the input of a trained network: images of any size, tables with columns in any order.
 */
import { readFileSync, statSync } from 'node:fs';
import { WeftError } from '../errors.js';
import { nameColumns, placesOf } from './columns.js';
import { type Column, encoderOf } from './csv/encoding.js';
import { type Charset } from './csv/decode.js';
import { decimalMarks } from './csv/decimal-marks.js';
import { findSeparator, numberIn, splitFields, splitRow } from './csv/fields.js';
import { growingNumbers } from './csv/growing.js';
import { isJsonLines, openJsonLines } from './csv/json-lines.js';
import { laterCharset, type Line, linesOf, openLines } from './csv/lines.js';
import { type InputShape } from './dataset.js';
import { readImagesAs } from './image-folder.js';
import { decoderLike } from './decoder-names.js';
import { imagesBelow } from './image-files.js';
import { READABLE_FORMATS } from './image-header.js';
import { isNumpyFile, readNumpyRows } from './numpy.js';
import { readLastWindows, type SeriesForm } from './series.js';
import { readable } from './source.js';

/** Inputs in row-major order [count, height, width, channels], and the name of each: a path, or `FILE:LINE`. */
export interface Unlabelled {
  readonly names: readonly string[];
  readonly images: Uint8Array | Float32Array;
  /** The image decoder, with its version. */
  readonly decoder?: string;
}

/** The input of a network. */
export interface InputForm {
  readonly inputShape: InputShape;
  /** The names of an example's numbers, if the network was trained on a table with a header. */
  readonly columns?: readonly string[] | undefined;
  /** The type of each, if not all are numeric. */
  readonly encoding?: readonly Column[] | undefined;
  /** How windows are made from the rows of a table, if the examples are windows. */
  readonly series?: SeriesForm | undefined;
  /** The encoding of tables, if it is not UTF-8 or UTF-16. */
  readonly charset?: Charset | undefined;
  /**
   * The decoder of the images that the network was trained on, with its version; undefined if it was not recorded, as
   * before version 0.2.
   */
  readonly decoder?: string | undefined;
}

/**
 * Reads images, or folders of them at any depth, resized to the network's input. Throws WeftError('data') naming files
 * that cannot be read.
 */
export function readPictures(paths: readonly string[], { inputShape, decoder }: InputForm): Unlabelled {
  const names = paths.flatMap((path) =>
    readable(path, () => statSync(path)).isDirectory() ? imagesBelow(path) : [path],
  );
  if (names.length === 0)
    throw new WeftError(
      'data',
      `there is no image (${READABLE_FORMATS}) in ${paths.join(', ')}`,
      'name images, or folders of images',
    );
  return { names, ...readImagesAs(names, inputShape, decoderLike(decoder)) };
}

const SAMPLE = 20;
/** Standard input, in place of a path. */
const STANDARD_INPUT = '-';

/**
 * Reads the rows of a table, of a file of JSON lines, or either from standard input (`-`). With a header, columns are
 * looked up by name, in any order, and others (a label, an identifier) are ignored; without one, a row must have
 * exactly the network's inputs. A JSON line is an object with the columns, or an array in their order. NumPy arrays are
 * read as examples in order. Throws WeftError('data') with line and column.
 */
export function readRows(path: string, form: InputForm): Unlabelled {
  if (isNumpyFile(path)) return readNumpyRows(path, form.inputShape, form.encoding);
  const standard = path === STANDARD_INPUT ? readStandardInput() : undefined;
  const charset = laterCharset(path, form.charset, standard);
  if (form.series)
    return readLastWindows(path, form.series, {
      ...(charset && { charset }),
      ...(standard && { content: standard }),
    });
  const isJson = standard ? /^\s*[{[]/.test(standard.toString('latin1', 0, 1024)) : isJsonLines(path);
  const rule = isJson ? 'plain' : 'quoted';
  const opened = (): IterableIterator<Line> =>
    isJson ? openJsonLines(path, charset).lines : openLines(path, charset, rule).lines;
  const lines = standard ? linesOf(standard, path, charset, rule) : opened();
  return isJson ? readJsonLines(lines, path, form) : readTableRows(lines, path, form);
}

function readStandardInput(): Buffer {
  try {
    return readFileSync(0);
  } catch (cause) {
    throw new WeftError(
      'data',
      `cannot read the standard input: ${(cause as Error).message}`,
      'pipe a table into the command: weft predict RUN - < new.csv',
      { cause },
    );
  }
}

/** The name of each column in use, and how its fields become numbers. */
function columnsOf({ inputShape, columns, encoding }: InputForm) {
  const size = inputShape.reduce((product, length) => product * length, 1);
  const used = encoding?.filter(({ kind }) => kind !== 'left out');
  return {
    names: used ? used.flatMap(({ name }) => name ?? []) : columns,
    /** Columns that a row must have. */
    wanted: used ? used.length : size,
    encoders: used?.map(encoderOf),
    /** The expected type of a column's field, for errors. */
    kindOf: (column: number): string => used?.[column]?.kind ?? 'number',
  };
}

function readTableRows(lines: IterableIterator<Line>, path: string, form: InputForm): Unlabelled {
  const { encoding } = form;
  const { names, wanted, encoders, kindOf } = columnsOf(form);
  const sample: Line[] = [];
  for (let next = lines.next(); !next.done; next = lines.next()) {
    sample.push(next.value);
    if (sample.length === SAMPLE) break;
  }
  const [first] = sample;
  if (!first) throw new WeftError('data', `${path} is empty`, 'give a table with a row for each example');
  const separator = findSeparator(sample, path);
  const top = splitFields(first, separator, path).map((field) => field.trim());
  const isHeader =
    names && names.length > 0
      ? names.some((name) => top.includes(name))
      : top.every((field) => numberIn(field, separator) === undefined) && !encoders;
  const places =
    isHeader && names && names.length === wanted
      ? placesOf(names, top, path)
      : [...(encoding ?? top).keys()].filter((i) => encoding?.[i]?.kind !== 'left out');
  if (places.length !== wanted || (!isHeader && top.length !== (encoding ?? places).length))
    throw new WeftError(
      'data',
      `${path}: line ${first.number} has ${top.length} columns, but the network was trained on ${encoding?.length ?? wanted}`,
      names && names.length > 0
        ? `give the table a header with the columns ${nameColumns(names)}`
        : 'give it the columns of the training data, in the same order and without the label',
    );
  const rows: string[] = [];
  const values = growingNumbers(path);
  const decimals = decimalMarks(separator, path);
  const push = (value: number): void => values.push(value);
  const read = (line: Line): void => {
    const fields = splitRow(line, separator, path, { number: first.number, columns: top.length });
    places.forEach((place, i) => {
      const field = fields[place]!;
      if (kindOf(i) === 'number') decimals.see(field, line.number);
      const value = encoders ? undefined : numberIn(field, separator);
      if (value !== undefined) values.push(value);
      else if (!encoders?.[i]!(field, separator, push))
        throw new WeftError(
          'data',
          `${path}: line ${line.number}, column ${place + 1}${isHeader ? ` (${top[place]})` : ''} is not a ${kindOf(i)}`,
          'fill it in, or remove the row',
        );
    });
    rows.push(`${path}:${line.number}`);
  };
  for (const line of isHeader ? sample.slice(1) : sample) read(line);
  for (const line of lines) read(line);
  if (rows.length === 0) throw new WeftError('data', `${path} has a header and no rows`, 'add a row for each example');
  return { names: rows, images: values.finish() };
}

function readJsonLines(lines: Iterable<Line>, path: string, form: InputForm): Unlabelled {
  const { names = [], wanted, encoders, kindOf } = columnsOf(form);
  const rows: string[] = [];
  const values = growingNumbers(path);
  const push = (value: number): void => values.push(value);
  for (const { text, number } of lines) {
    const where = `${path}: line ${number}`;
    const fields = fieldsOf(text, names, wanted, where);
    fields.forEach((field, i) => {
      const value = encoders ? undefined : numberIn(field, ',');
      if (value !== undefined) values.push(value);
      else if (!encoders?.[i]!(field, ',', push))
        throw new WeftError(
          'data',
          `${where}, ${names[i] === undefined ? `number ${i + 1}` : `'${names[i]}'`} is not a ${kindOf(i)}`,
          'fill it in, or remove the line',
        );
    });
    rows.push(`${path}:${number}`);
  }
  if (rows.length === 0) throw new WeftError('data', `${path} is empty`, 'give a line for each example');
  return { names: rows, images: values.finish() };
}

/** The values of a line in the form of a table, in the order of the columns; null is a missing value. */
function fieldsOf(text: string, names: readonly string[], wanted: number, where: string): string[] {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch (cause) {
    throw new WeftError(
      'data',
      `${where} is not JSON (${(cause as Error).message})`,
      'give one object or array per line',
      {
        cause,
      },
    );
  }
  const isObject = typeof line === 'object' && line !== null && !Array.isArray(line);
  if (isObject && names.length !== wanted)
    throw new WeftError(
      'data',
      `${where} is an object, but the columns of the network have no names`,
      `give an array of ${wanted} values per line`,
    );
  const missing = isObject ? names.filter((name) => !Object.hasOwn(line as object, name)) : [];
  if (missing.length > 0)
    throw new WeftError(
      'data',
      `${where} has no ${nameColumns(missing)}`,
      'add it, or give null if the value is not known',
    );
  const values: unknown[] = isObject
    ? names.map((name) => (line as Record<string, unknown>)[name])
    : Array.isArray(line)
      ? line
      : [];
  if (values.length !== wanted)
    throw new WeftError(
      'data',
      `${where} has ${values.length} values, but the network takes ${wanted}`,
      'give one object with the columns, or one array in their order, per line',
    );
  return values.map((value) =>
    value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value as string),
  );
}
