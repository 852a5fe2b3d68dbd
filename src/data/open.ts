/** Finds and opens a data set by its name or path. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ownValue, unknownNameHint, WeftError } from '../errors.js';
import { findCifarFiles, readCifarFolder } from './cifar10.js';
import { readCsv, type CsvOptions } from './csv.js';
import type { Dataset } from './dataset.js';
import { readDigits } from './digits.js';
import { isJsonLines } from './csv/json-lines.js';
import { isParquet } from './csv/parquet.js';
import { dataRoots } from './find-file.js';
import { findIdxFiles, readIdxFolder } from './idx.js';
import { isImageFolder, readImageFolder, readListedImages, type ImageFolderOptions } from './image-folder.js';
import { hasClassFolders } from './image-files.js';
import { READABLE_FORMATS } from './image-header.js';
import { imageListsIn, isImageList } from './image-list.js';
import { isNumpyFile, isNumpyFolder, readNumpyData } from './numpy.js';
import { isFolder, listFolder } from './source.js';

export interface OpenOptions extends CsvOptions, Omit<ImageFolderOptions, 'onProgress'> {
  /** Location of `mnist` or `cifar10`: the folder itself or its parent. No other location is searched then. */
  readonly path?: string;
}

/** Inputs to the search for data besides the options. */
export interface Surroundings {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called with the number of images read so far and the total. */
  readonly onProgress?: ImageFolderOptions['onProgress'];
}

type Form = 'digits' | 'idx' | 'cifar' | 'images' | 'list' | 'csv' | 'numpy';

/** Data sets known by name that are looked for on this machine: their file format, and what their files are called. */
const NAMED: Readonly<Record<string, NamedDataset>> = {
  mnist: {
    description: 'handwritten digits of 28x28 pixels in 10 classes (IDX files)',
    form: 'idx',
    files: 'the four *-ubyte files, gzipped or not',
  },
  cifar10: {
    description: 'photographs of 32x32 pixels in 10 classes (binary version)',
    form: 'cifar',
    files: "the *.bin files of CIFAR-10's binary version",
  },
};

interface NamedDataset {
  readonly description: string;
  readonly form: Exclude<Form, 'digits'>;
  /** Files that must be in its folder. */
  readonly files: string;
}

const FORM_OPTIONS: Record<Form, readonly (keyof OpenOptions)[]> = {
  digits: [],
  idx: ['path'],
  cifar: ['path'],
  images: ['size', 'channels', 'decoder', 'onBadFile', 'classNames'],
  list: ['size', 'channels', 'decoder', 'onBadFile', 'classNames', 'label', 'charset'],
  csv: ['label', 'labelSeparator', 'task', 'header', 'charset', 'ignore', 'imageShape', 'classNames', 'encoding'],
  numpy: ['label', 'task', 'imageShape', 'classNames', 'encoding'],
};

/** Descriptions of the data sets that `openDataset` knows by name. */
export const datasetDescriptions: Readonly<Record<string, string>> = {
  digits: 'handwritten digits of 8x8 pixels in 10 classes, embedded',
  ...Object.fromEntries(Object.entries(NAMED).map(([name, { description }]) => [name, description])),
};
export const datasetNames: readonly string[] = Object.keys(datasetDescriptions);

/**
 * Opens a data set: `digits` (embedded), `mnist` or `cifar10` (looked for in `path`, or else in $WEFT_DATA, ./data and
 * ../shared/data), or the path of a folder of IDX files, CIFAR-10 batches, images by class, tables or NumPy arrays, or
 * of a file of a table (CSV, JSON lines or Parquet) or of arrays. The format of a folder is inferred from its contents.
 */
export function openDataset(spec: string, options: OpenOptions = {}, surroundings: Surroundings = {}): Dataset {
  if (spec === 'digits') {
    checkOptions(spec, 'digits', options);
    return readDigits();
  }
  const known = ownValue(NAMED, spec);
  if (known) {
    checkOptions(spec, known.form, options);
    return read(known.form, foundOrThrow(spec, known.files, options, surroundings), spec, options, surroundings);
  }
  const path = resolve(surroundings.cwd ?? process.cwd(), spec);
  if (!existsSync(path))
    throw new WeftError(
      'data',
      `there is no data set and no path '${spec}' (looked for ${path})`,
      `${unknownNameHint(spec, datasetNames)}, or the path of a folder of images by class, of a CSV file, or of one of JSON lines, Parquet or NumPy arrays`,
    );
  const form = formOf(path);
  if (!form && SPREADSHEET.test(path))
    throw new WeftError(
      'data',
      `${path} is a spreadsheet in a format that is not read`,
      'save the sheet as CSV (UTF-8) in the program that made it',
    );
  if (!form)
    throw new WeftError(
      'data',
      `${path} contains no data in a known format`,
      `known formats: one folder of images (${READABLE_FORMATS}) for each class, optionally in train/ and test/, a CSV file, one of JSON lines or Parquet, ` +
        'train.csv and test.csv, NumPy arrays (X and y in an .npz file), IDX files (train-images-idx3-ubyte, …), CIFAR-10 batches (data_batch_1.bin, …)',
    );
  checkOptions(path, form, options);
  return read(
    form,
    path,
    basename(path)
      .replace(CSV_FILE, '')
      .replace(/\.np[yz]$/i, ''),
    options,
    surroundings,
  );
}

/** Opens a data set as `openDataset` does, ignoring options that do not apply to its format. */
export function openWithFitting(spec: string, options: OpenOptions, surroundings: Surroundings = {}): Dataset {
  const path = resolve(surroundings.cwd ?? process.cwd(), spec);
  const form = datasetNames.includes(spec) ? 'digits' : existsSync(path) ? formOf(path) : undefined;
  const fitting = Object.entries(options).filter(
    ([option, value]) =>
      value !== undefined &&
      form &&
      FORM_OPTIONS[form].includes(option as keyof OpenOptions) &&
      !((option === 'header' && isJsonLines(path)) || (option === 'charset' && isParquet(path))),
  );
  return openDataset(spec, Object.fromEntries(fitting), surroundings);
}

export interface Found {
  /** The folder that holds the data, or undefined. */
  readonly folder: string | undefined;
  /** The folders that were searched, in order. */
  readonly looked: readonly string[];
}

/** Where a data set known by name, such as `mnist`, is stored on this machine, and where it was looked for. */
export function findDataset(
  name: string,
  options: Pick<OpenOptions, 'path'> = {},
  surroundings: Surroundings = {},
): Found {
  const { cwd = process.cwd(), env = process.env } = surroundings;
  const roots = options.path ? [options.path] : dataRoots(env);
  const looked = roots.flatMap((root) => [join(resolve(cwd, root), name), resolve(cwd, root)]);
  const form = ownValue(NAMED, name)?.form;
  return { folder: form && looked.find((folder) => isFolder(folder) && folderForm(folder) === form), looked };
}

function foundOrThrow(name: string, files: string, options: OpenOptions, surroundings: Surroundings): string {
  const { folder, looked } = findDataset(name, options, surroundings);
  if (folder) return folder;
  throw new WeftError(
    'data',
    `${name} was not found; looked in ${looked.join(', ')}`,
    `put ${files} into one of these folders, or name their folder: option path, or WEFT_DATA in the environment. ` +
      "'digits' needs no files",
  );
}

function read(
  form: Exclude<Form, 'digits'>,
  path: string,
  name: string,
  options: OpenOptions,
  { onProgress }: Surroundings,
): Dataset {
  switch (form) {
    case 'idx':
      return readIdxFolder(path, name);
    case 'cifar':
      return readCifarFolder(batchFolder(path), name);
    case 'images':
      return withUnreadLists(path, readImageFolder(path, name, { ...options, onProgress }));
    case 'list':
      return readListedImages(isFolder(path) ? imageListsIn(path) : [path], name, { ...options, onProgress });
    case 'csv':
      return readCsv(...tablePaths(path, name, options));
    case 'numpy':
      return readNumpyData(path, name, options);
  }
}

/** The name of a table: its file name without the extension. */
export const nameOfTable = (path: string): string => basename(path).replace(CSV_FILE, '');

/** Reports which tables next to class folders also list images and are not read. */
function withUnreadLists(folder: string, dataset: Dataset): Dataset {
  const [list] = imageListsIn(folder);
  if (list === undefined) return dataset;
  return {
    ...dataset,
    reason: `classes are the folders; ${basename(list)} next to them also names images and is not read (to use it: --data ${list})`,
  };
}

/** Tables. */
const CSV_FILE = /\.((csv|tsv|jsonl|ndjson)(\.gz)?|parquet)$/i;

/** Files of spreadsheet programs. */
const SPREADSHEET = /\.(xlsx?|xlsm|ods|numbers)$/i;

function formOf(path: string): Exclude<Form, 'digits'> | undefined {
  if (isFolder(path)) return folderForm(path);
  if (isImageList(path)) return 'list';
  return CSV_FILE.test(path) ? 'csv' : isNumpyFile(path) ? 'numpy' : undefined;
}

function folderForm(folder: string): Exclude<Form, 'digits'> | undefined {
  if (findIdxFiles(folder).size > 0) return 'idx';
  if (findCifarFiles(batchFolder(folder)).train.length > 0) return 'cifar';
  const listed = imageListsIn(folder).length > 0;
  if (isImageFolder(folder) && (!listed || hasClassFolders(folder))) return 'images';
  if (listed) return 'list';
  if (csvFiles(folder).length > 0) return 'csv';
  return isNumpyFolder(folder) ? 'numpy' : undefined;
}

/** CIFAR-10's archive unpacks into its own folder. */
function batchFolder(folder: string): string {
  const inner = join(folder, 'cifar-10-batches-bin');
  return isFolder(inner) ? inner : folder;
}

const csvFiles = (folder: string): string[] => listFolder(folder).filter((file) => CSV_FILE.test(file));

function tablePaths(path: string, name: string, options: OpenOptions): Parameters<typeof readCsv> {
  if (!isFolder(path)) return [path, name, options];
  const files = csvFiles(path);
  const train = files.length === 1 ? files[0] : files.find((file) => /^train(ing)?\./i.test(file));
  const test = files.find((file) => /^test(ing)?\./i.test(file) && file !== train);
  if (!train)
    throw new WeftError(
      'data',
      `${path} holds ${files.join(', ')}`,
      'name them train.csv and test.csv, or give the path of one file',
    );
  return [join(path, train), name, options, test && join(path, test)];
}

/** An option that does not apply to the data's format would otherwise be ignored silently. */
function checkOptions(what: string, form: Form, options: OpenOptions): void {
  const wrong = (Object.keys(options) as (keyof OpenOptions)[]).find(
    (option) =>
      options[option] !== undefined &&
      !FORM_OPTIONS[form].includes(option) &&
      !(option === 'task' && options.task === 'auto'),
  );
  if (wrong)
    throw new WeftError(
      'config',
      `${what}: the data option '${wrong}' does not apply to ${form} data`,
      FORM_OPTIONS[form].length > 0 ? unknownNameHint(wrong, FORM_OPTIONS[form]) : 'leave it out',
    );
}
