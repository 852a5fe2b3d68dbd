/**
 * A table in a folder of images that lists them with their classes: `file,label` in CSV or JSON Lines, optionally with
 * a column `split`.
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { unknownNameHint, WeftError } from '../errors.js';
import { badImages } from './bad-images.js';
import { placeOfName, plainName, requireDifferentNames, requireDifferentNumbers } from './class-names.js';
import { type Charset } from './csv/decode.js';
import { findSeparator, splitFields } from './csv/fields.js';
import { isJsonLines, openJsonTable } from './csv/json-lines.js';
import { LABEL_NAMES } from './csv/label-column.js';
import { type Line, openLines } from './csv/lines.js';
import { type ImageFiles, isImageName, type LabelledFile, partNamed } from './image-files.js';
import { listFolder, readable, readBytes, sha256 } from './source.js';
import type { Source } from './dataset.js';

export interface ImageList extends ImageFiles {
  /** The tables themselves, which are part of the data. */
  readonly tables: readonly Source[];
  /** Why they were taken for lists of images, as readable text. */
  readonly reason: string;
  /** Images that are missing and were skipped. */
  readonly absent: readonly WeftError[];
}

export interface ImageListOptions {
  /** The class column. Default: `label`, `class` or `target`, or the only one left. */
  readonly label?: string | number | readonly (string | number)[] | undefined;
  readonly charset?: Charset | undefined;
  readonly classNames?: readonly string[] | undefined;
  readonly onBadFile?: 'error' | 'skip' | undefined;
}

const LIST = /\.(csv|tsv|jsonl|ndjson)$/i;
/** Number of rows examined to determine what a table holds. */
const SAMPLE = 20;
const SPLIT_NAMES = ['split', 'part', 'subset', 'set'];

interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

interface Rows {
  readonly header: readonly string[] | undefined;
  readonly rows: Iterable<Row>;
}

/** Whether one column of a table lists images. */
export function isImageList(path: string): boolean {
  if (!LIST.test(path)) return false;
  try {
    return imageColumn(sampleOf(openRows(path, undefined))) !== undefined;
  } catch (error) {
    if (error instanceof WeftError) return false; // whatever reads it as a table will report what is wrong with it
    throw error;
  }
}

/** The tables of a folder that list images: a single one, or one per part. */
export function imageListsIn(folder: string): string[] {
  return listFolder(folder)
    .map((name) => join(folder, name))
    .filter(isImageList);
}

const nameOf = (path: string): string => basename(path, extname(path));

/**
 * Reads the list of images with their classes and parts. Paths are relative to the folder of the table and must not
 * lead out of it; symbolic links are followed. Throws WeftError('data') with the lines of images that are missing,
 * listed twice (also through a link) or without a class.
 */
export function readImageList(paths: readonly string[], options: ImageListOptions = {}): ImageList {
  const byPart = new Map<string, string>();
  for (const path of paths) {
    const part = paths.length === 1 ? 'train' : partNamed(nameOf(path));
    if (part === undefined || byPart.has(part))
      throw new WeftError(
        'data',
        `${dirname(path)} contains several tables that name images: ${paths.map((one) => basename(one)).join(', ')}`,
        'name the one to read, or rename them to train, val and test',
      );
    byPart.set(part, path);
  }
  const seen = new Map<string, string>();
  const absent: WeftError[] = [];
  const files: Record<'train' | 'validation' | 'test', LabelledFile[]> = { train: [], validation: [], test: [] };
  const reasons: string[] = [];
  for (const [part, path] of byPart) {
    const { rows, reason } = readOne(path, options, absent, seen);
    reasons.push(reason);
    for (const { file, split = part } of rows) files[split as keyof typeof files].push(file);
  }
  const all = [...files.train, ...files.validation, ...files.test];
  if (absent.length > 0 && options.onBadFile !== 'skip')
    throw badImages(absent, all.length + absent.length, { what: 'are not there', remedy: 'put them back' });
  const found = [...new Set(all.map(({ label }) => label))].sort((a, b) => (a < b ? -1 : 1));
  const places = found.map((name) => ({ name, place: 'a label' }));
  requireDifferentNames(places, paths[0]!);
  requireDifferentNumbers(places, paths[0]!);
  const { classNames = found } = options;
  const unknown = found.find((name) => placeOfName(name, classNames) < 0);
  if (unknown !== undefined)
    throw new WeftError(
      'data',
      `${paths[0]}: the network has no class '${unknown}'`,
      unknownNameHint(unknown, classNames),
    );
  const tables = paths.map((path) => {
    const bytes = readBytes(path);
    return { path, sha256: sha256(bytes), bytes: bytes.length };
  });
  return { ...files, classNames, tables, reason: reasons.join('; '), absent };
}

interface Named {
  readonly file: LabelledFile;
  readonly split: string | undefined;
}

function readOne(
  path: string,
  options: ImageListOptions,
  absent: WeftError[],
  seen: Map<string, string>,
): { readonly rows: Named[]; readonly reason: string } {
  const folder = dirname(path);
  const opened = openRows(path, options.charset);
  const { header } = opened;
  const rows = [...opened.rows];
  const column = imageColumn({ header, rows: rows.slice(0, SAMPLE) });
  const width = rows[0]?.fields.length ?? 0;
  if (column === undefined)
    throw new WeftError('data', `${path} names no images`, 'give each row the path of an image');
  const splitColumn = header?.findIndex((name) => SPLIT_NAMES.includes(name.trim().toLowerCase())) ?? -1;
  const labelColumn = labelColumnOf(options.label, { header, width, path, taken: [column, splitColumn] });
  const called = (index: number): string => (header ? `column '${header[index]}'` : `column ${index + 1}`);
  const named = rows.flatMap(({ line, fields }): Named[] => {
    const where = `${path}: line ${line}`;
    if (fields.length !== width)
      throw new WeftError(
        'data',
        `${where} has ${fields.length} columns, the first row has ${width}`,
        'every row needs the same columns',
      );
    const [name, label] = [fields[column]!.trim(), plainName(fields[labelColumn]!)];
    if (label === '')
      throw new WeftError(
        'data',
        `${where}, ${called(labelColumn)} is empty`,
        'give the image a class, or remove the row',
      );
    const split = splitColumn < 0 ? undefined : partNamed(fields[splitColumn]!.trim());
    if (splitColumn >= 0 && split === undefined)
      throw new WeftError(
        'data',
        `${where}, ${called(splitColumn)} is '${fields[splitColumn]}', not train, val or test`,
        'name a part, or rename the column',
      );
    const file = inside(folder, name, where);
    const isThere = existsSync(file);
    const real = isThere ? readable(file, () => realpathSync(file)) : file;
    const earlier = seen.get(real);
    if (earlier !== undefined)
      throw new WeftError('data', `${where} names the same image as ${earlier}: ${name}`, 'remove one of the rows');
    seen.set(real, where);
    if (!isThere) {
      absent.push(new WeftError('data', `${where}: ${name} does not exist`, 'restore it, or remove the row'));
      return [];
    }
    return [{ file: { path: file, label }, split }];
  });
  return {
    rows: named,
    reason: `${basename(path)} names images in ${called(column)} and their classes in ${called(labelColumn)}${splitColumn < 0 ? '' : `, and their parts in ${called(splitColumn)}`}`,
  };
}

/** A path below the folder of the table; rejects one that leads out of it. */
function inside(folder: string, name: string, where: string): string {
  const file = resolve(folder, name);
  const below = relative(folder, file);
  if (below !== '' && below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below)) return file;
  throw new WeftError(
    'data',
    `${where}: ${name} lies outside of ${folder}`,
    'put the table into a folder that contains all of its images, and give paths relative to this folder',
  );
}

function labelColumnOf(
  asked: ImageListOptions['label'],
  {
    header,
    width,
    path,
    taken,
  }: { header: readonly string[] | undefined; width: number; path: string; taken: readonly number[] },
): number {
  if (typeof asked === 'object' && asked.length > 1)
    throw new WeftError(
      'config',
      `${path} names images, which have one class each, but data.label names several columns`,
      'name one',
    );
  const wanted = typeof asked === 'object' ? asked[0] : asked;
  const names = header?.map((name) => name.trim()) ?? [];
  const others = Array.from({ length: width }, (_, i) => i).filter((i) => !taken.includes(i));
  const known = names.findIndex((name, i) => !taken.includes(i) && LABEL_NAMES.includes(name.toLowerCase()));
  const found =
    wanted !== undefined
      ? typeof wanted === 'number'
        ? wanted
        : placeOfName(wanted, names)
      : known >= 0
        ? known
        : others.length === 1
          ? others[0]!
          : -1;
  if (others.includes(found)) return found;
  throw new WeftError(
    'data',
    wanted !== undefined
      ? `${path} has no column of classes '${wanted}'`
      : `${path} names images, but it is not clear which column is their class`,
    `name it: data.label (--set data.label=NAME)${names.length > 0 ? `; the other columns are ${others.map((i) => names[i]).join(', ')}` : ''}`,
  );
}

/** The only column whose values all end like image file names. */
function imageColumn({ rows }: { readonly rows: readonly Row[] } & Pick<Rows, 'header'>): number | undefined {
  const [first] = rows;
  if (!first) return undefined;
  const columns = first.fields.flatMap((_, i) =>
    rows.every(({ fields }) => isImageName((fields[i] ?? '').trim())) ? [i] : [],
  );
  return columns[0];
}

function sampleOf({ header, rows }: Rows): { readonly header: Rows['header']; readonly rows: readonly Row[] } {
  const sample: Row[] = [];
  for (const row of rows) {
    sample.push(row);
    if (sample.length === SAMPLE) break;
  }
  return { header, rows: sample };
}

/** The rows of a table as texts, and its header if the first line names no image. */
function openRows(path: string, charset: Charset | undefined): Rows {
  if (isJsonLines(path)) {
    const { header, rows } = openJsonTable(path, { ...(charset && { charset }), label: 1 });
    const texts = function* (): Generator<Row> {
      for (const { line, fields } of rows()) yield { line: line.number, fields };
    };
    return { header, rows: texts() };
  }
  const { lines } = openLines(path, charset);
  const sample: Line[] = [];
  for (const line of lines) {
    sample.push(line);
    if (sample.length === SAMPLE) break;
  }
  if (sample.length === 0) throw new WeftError('data', `${path} is empty`, 'give a row for each image');
  const separator = findSeparator(sample, path);
  const fieldsOf = (line: Line): Row => ({ line: line.number, fields: splitFields(line, separator, path) });
  const top = fieldsOf(sample[0]!);
  const isHeader = !top.fields.some((field) => isImageName(field.trim()));
  const rows = function* (): Generator<Row> {
    for (const line of isHeader ? sample.slice(1) : sample) yield fieldsOf(line);
    for (const line of openLines(path, charset).lines) if (line.number > sample.at(-1)!.number) yield fieldsOf(line);
  };
  return { header: isHeader ? top.fields.map((field) => field.trim()) : undefined, rows: rows() };
}
