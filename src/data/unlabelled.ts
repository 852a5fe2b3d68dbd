/** Inputs without labels, brought to the form that a trained network takes: pictures of any size, tables with columns in any order. */
import { statSync } from 'node:fs';
import { WeftError } from '../errors.js';
import { nameColumns, placesOf } from './columns.js';
import { type Column, encoderOf } from './csv/encoding.js';
import { type Charset } from './csv/decode.js';
import { findSeparator, numberIn, splitFields } from './csv/fields.js';
import { growingNumbers } from './csv/growing.js';
import { type Line, openLines } from './csv/lines.js';
import { type InputShape } from './dataset.js';
import { readImagesAs } from './image-folder.js';
import { imagesBelow } from './image-files.js';
import { readable } from './source.js';

/** Inputs in row-major order [count, height, width, channels], and what each is called: a path, or `FILE:LINE`. */
export interface Unlabelled {
  readonly names: readonly string[];
  readonly images: Uint8Array | Float32Array;
}

/** What a network takes. */
export interface InputForm {
  readonly inputShape: InputShape;
  /** What the numbers of an example are called, where the network has learned from a table with a header. */
  readonly columns?: readonly string[] | undefined;
  /** What each of them is, where not all are numbers. */
  readonly encoding?: readonly Column[] | undefined;
  /** How tables are encoded, where that is not UTF-8 or UTF-16. */
  readonly charset?: Charset | undefined;
}

/** Reads pictures, or folders of them at any depth, resized to the network's input. Throws WeftError('data') naming what cannot be read. */
export function readPictures(paths: readonly string[], { inputShape }: InputForm): Unlabelled {
  const names = paths.flatMap((path) =>
    readable(path, () => statSync(path)).isDirectory() ? imagesBelow(path) : [path],
  );
  if (names.length === 0)
    throw new WeftError('data', `no PNG or JPEG image in ${paths.join(', ')}`, 'name images, or folders of images');
  return { names, images: readImagesAs(names, inputShape) };
}

const SAMPLE = 20;

/**
 * Reads the rows of a table. With a header the columns are found by their names, in any order, and others (a label, an identifier) are left
 * out; without one a row must have just the network's numbers. Throws WeftError('data') with line and column.
 */
export function readRows(path: string, { inputShape, columns, encoding, charset }: InputForm): Unlabelled {
  const size = inputShape.reduce((product, length) => product * length, 1);
  const reader = openLines(path, charset);
  const sample: Line[] = [];
  for (let next = reader.lines.next(); !next.done; next = reader.lines.next()) {
    sample.push(next.value);
    if (sample.length === SAMPLE) break;
  }
  const [first] = sample;
  if (!first) throw new WeftError('data', `${path} is empty`, 'give a table with a row for each example');
  const separator = findSeparator(sample, path);
  const top = splitFields(first, separator, path).map((field) => field.trim());
  const used = encoding?.filter(({ kind }) => kind !== 'left out');
  const names = used ? used.flatMap(({ name }) => name ?? []) : columns;
  const isHeader =
    names && names.length > 0
      ? names.some((name) => top.includes(name))
      : top.every((field) => numberIn(field, separator) === undefined) && !used;
  const wanted = used ? used.length : size;
  const places =
    isHeader && names && names.length === wanted
      ? placesOf(names, top, path)
      : [...(encoding ?? top).keys()].filter((i) => encoding?.[i]?.kind !== 'left out');
  if (places.length !== wanted || (!isHeader && top.length !== (encoding ?? places).length))
    throw new WeftError(
      'data',
      `${path}: line ${first.number} has ${top.length} columns, and the network was trained on ${encoding?.length ?? size}`,
      names && names.length > 0
        ? `give the table a header with the columns ${nameColumns(names)}`
        : 'give it the columns that it was trained on, in the same order and without the label',
    );
  const encoders = used?.map(encoderOf);
  const rows: string[] = [];
  const values = growingNumbers(path);
  const push = (value: number): void => values.push(value);
  const read = (line: Line): void => {
    const fields = splitFields(line, separator, path);
    if (fields.length !== top.length)
      throw new WeftError(
        'data',
        `${path}: line ${line.number} has ${fields.length} columns, line ${first.number} has ${top.length}`,
        'every row needs the same columns; quote a field that contains the separator',
      );
    places.forEach((place, i) => {
      const field = fields[place]!;
      const value = encoders ? undefined : numberIn(field, separator);
      if (value !== undefined) values.push(value);
      else if (!encoders?.[i]!(field, separator, push))
        throw new WeftError(
          'data',
          `${path}: line ${line.number}, column ${place + 1}${isHeader ? ` (${top[place]})` : ''} is not a number`,
          'fill it in, or remove the row',
        );
    });
    rows.push(`${path}:${line.number}`);
  };
  for (const line of isHeader ? sample.slice(1) : sample) read(line);
  for (const line of reader.lines) read(line);
  if (rows.length === 0) throw new WeftError('data', `${path} has a header and no rows`, 'add a row for each example');
  return { names: rows, images: values.finish() };
}
