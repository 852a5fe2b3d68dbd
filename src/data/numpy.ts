/** Data sets of NumPy arrays: examples and labels by name, or a single array with a label column. */
import { basename, join } from 'node:path';
import { nameColumns } from './columns.js';
import { WeftError } from '../errors.js';
import { type CsvOptions, ofTables } from './csv.js';
import { findLabelColumns } from './csv/label-column.js';
import type { DistinctLabel, Table } from './csv/table.js';
import { exampleSize, type Dataset, type InputShape, type Source } from './dataset.js';
import { type NumpyArray, readNumpy } from './npy.js';
import { isFolder, listFolder } from './source.js';

const NUMPY_FILE = /\.np[yz]$/i;
const ONE_ARRAY = /\.npy$/i;

/** Whether a file with this name holds NumPy arrays. */
export const isNumpyFile = (path: string): boolean => NUMPY_FILE.test(path);

/**
 * Recognized array names, case-insensitive, optionally with the part as prefix or suffix: `X`, `x_train`,
 * `test_images`.
 */
const EXAMPLES = ['x', 'data', 'images', 'features'];
const LABELS = ['y', 'label', 'labels', 'target', 'targets'];
/** Common channel counts of images. */
const MOST_CHANNELS = 4;

interface Named extends NumpyArray {
  readonly name: string;
  readonly path: string;
  readonly source: Source;
}

/** Whether a folder holds the examples and the labels as array files. */
export const isNumpyFolder = (folder: string): boolean => {
  const names = arrayFiles(folder).map((file) => file.replace(ONE_ARRAY, ''));
  return find(names, EXAMPLES, 'train') !== undefined && find(names, LABELS, 'train') !== undefined;
};

const arrayFiles = (folder: string): string[] => listFolder(folder).filter((file) => ONE_ARRAY.test(file));

type NumpyOptions = Pick<CsvOptions, 'label' | 'task' | 'imageShape' | 'classNames' | 'encoding'>;

/**
 * Reads a `.npz` archive, a folder of `.npy` files or one `.npy` file of two dimensions, whose last column (or `label`)
 * is the label. Examples are rows of numbers or images [count, height, width(, channels)].
 */
export function readNumpyData(path: string, name: string, options: NumpyOptions = {}): Dataset {
  requireNumbers(options.encoding, path);
  const arrays = arraysOf(path);
  const [only] = arrays;
  if (arrays.length === 1 && only!.name === '') {
    const table = columnTable(only!, options.label);
    return ofTables({ table, path }, undefined, name, options);
  }
  const labels = typeof options.label === 'string' ? [options.label.toLowerCase()] : LABELS;
  const columns = namesOf(options.label);
  const train = pairOf(arrays, labels, 'train', path);
  const test = pairOf(arrays, labels, 'test', path);
  if (!train)
    throw new WeftError(
      'data',
      `${path} contains the arrays ${nameColumns(arrays.map((array) => array.name))}, which do not show which are examples and which are labels`,
      'name them X and y, or x_train, y_train, x_test and y_test; data.label may name the labels',
    );
  const shape = shapeOf(train.examples, options.imageShape);
  if (test && shapeOf(test.examples, options.imageShape).join() !== shape.join())
    throw new WeftError(
      'data',
      `${test.examples.path}: examples of shape [${test.examples.shape.slice(1).join(', ')}], but [${train.examples.shape.slice(1).join(', ')}] in the training part`,
      'both parts need the same shape',
    );
  const dataset = ofTables(
    { table: pairTable(train, columns), path: train.labels.path },
    test && { table: pairTable(test, columns), path: test.labels.path },
    name,
    { ...options, imageShape: shape },
  );
  const used = [train, ...(test ? [test] : [])].flatMap(({ examples, labels }) => [examples.source, labels.source]);
  return { ...dataset, sources: [...new Map(used.map((source) => [source.path, source])).values()] };
}

/** Unlabelled examples, in the shape of a network's inputs. */
export function readNumpyRows(
  path: string,
  inputShape: InputShape,
  encoding: CsvOptions['encoding'] | undefined,
): { names: string[]; images: Uint8Array | Float32Array } {
  requireNumbers(encoding, path);
  const arrays = arraysOf(path);
  const names = arrays.map(({ name }) => name);
  const examples =
    arrays.length === 1 ? arrays[0] : arrays[find(names, EXAMPLES, 'test') ?? find(names, EXAMPLES, 'train') ?? -1];
  if (!examples)
    throw new WeftError(
      'data',
      `${path} contains the arrays ${nameColumns(names)}, and it is not clear which of them are the examples`,
      'name the array of examples X, or save only this array',
    );
  const [count = 0] = examples.shape;
  const shape = shapeOf(examples, undefined);
  const size = exampleSize(inputShape);
  const flat = shape[0] === 1 && shape[1] === 1 && shape[2] === size;
  if (!flat && shape.join() !== inputShape.join())
    throw new WeftError(
      'data',
      `${examples.path}: examples of shape [${examples.shape.slice(1).join(', ')}], but the network takes [${inputShape.join(', ')}]`,
      'give it examples of that shape, without labels',
    );
  if (count === 0) throw new WeftError('data', `${path} is empty`, 'give a row for each example');
  return { names: Array.from({ length: count }, (_, row) => `${path}:${row}`), images: numbersOf(examples) };
}

/** Text and date columns are not supported in a numeric array. */
function requireNumbers(encoding: NumpyOptions['encoding'] | undefined, path: string): void {
  if (encoding)
    throw new WeftError(
      'data',
      `${path} contains only numbers, but the network was trained on a table with encoded columns`,
      'give a table with the same columns',
    );
}

function arraysOf(path: string): Named[] {
  if (isFolder(path))
    return arrayFiles(path).flatMap((file) =>
      arraysOf(join(path, file)).map((array) => ({ ...array, name: basename(file).replace(ONE_ARRAY, '') })),
    );
  const { arrays, source } = readNumpy(path);
  return [...arrays].map(([name, array]) => ({ ...array, name, source, path: name ? `${path} (${name})` : path }));
}

/** The index of the array with one of these names that belongs to this part. */
function find(names: readonly string[], wanted: readonly string[], part: 'train' | 'test'): number | undefined {
  const forms = (name: string): string[] => [`${name}_${part}`, `${part}_${name}`, ...(part === 'train' ? [name] : [])];
  const lower = names.map((name) => name.toLowerCase());
  return wanted
    .flatMap(forms)
    .map((form) => lower.indexOf(form))
    .find((at) => at >= 0);
}

interface Pair {
  readonly examples: Named;
  readonly labels: Named;
}

function pairOf(
  arrays: readonly Named[],
  wanted: readonly string[],
  part: 'train' | 'test',
  path: string,
): Pair | undefined {
  const names = arrays.map(({ name }) => name);
  const [examples, labels] = [find(names, EXAMPLES, part), find(names, wanted, part)];
  if (examples === undefined && labels === undefined) return undefined;
  if (examples === undefined || labels === undefined)
    throw new WeftError(
      'data',
      `${path} contains ${examples === undefined ? 'labels but no examples' : 'examples but no labels'} of the ${part === 'train' ? 'training' : 'test'} part (its arrays are ${nameColumns(names)})`,
      'name them X and y, or x_train, y_train, x_test and y_test; data.label may name the labels',
    );
  return { examples: arrays[examples]!, labels: arrays[labels]! };
}

/** The shape of one example. */
function shapeOf({ shape, path }: Named, imageShape: InputShape | undefined): InputShape {
  const [, ...sizes] = shape;
  const size = sizes.reduce((product, length) => product * length, 1);
  if (imageShape) {
    // Windows of a series are rows of columns, like images of height one.
    const shapes = [[...sizes, 1].slice(0, 3), [1, ...sizes].slice(0, 3)];
    const fits = sizes.length < 2 || shapes.some((one) => one.join() === imageShape.join());
    if (exampleSize(imageShape) === size && fits) return imageShape;
    throw new WeftError(
      'data',
      `${path}: examples of shape [${sizes.join(', ')}] are not images of [${imageShape.join(', ')}]`,
      'leave out data.imageShape, or give the correct shape',
    );
  }
  const [height = 1, width = 1, channels = 1] = sizes;
  if (sizes.length > 3)
    throw new WeftError(
      'data',
      `${path} has ${shape.length} dimensions`,
      'an array is [count, numbers], [count, height, width] or [count, height, width, channels]',
    );
  if (sizes.length === 3 && height <= MOST_CHANNELS && channels > MOST_CHANNELS)
    throw new WeftError(
      'data',
      `${path}: images of shape [${sizes.join(', ')}] seem to have their channels first`,
      'put them last: array.transpose(0, 2, 3, 1)',
    );
  return sizes.length < 2 ? [1, 1, size] : [height, width, channels];
}

/** The names that `data.label` gives to the label columns. */
function namesOf(label: NumpyOptions['label']): readonly string[] | undefined {
  if (typeof label !== 'object') return undefined;
  return label.map((one) => {
    if (typeof one === 'string') return one;
    throw new WeftError(
      'config',
      `data.label numbers the column ${one}, and the labels are an array of their own`,
      'name each of its columns, or leave data.label out',
    );
  });
}

function pairTable({ examples, labels }: Pair, names: readonly string[] | undefined): Table {
  const [count = 0] = examples.shape;
  const [rows, size = 1] = labels.shape;
  if (labels.shape.length > 2 || (names && names.length !== size))
    throw new WeftError(
      'data',
      `${labels.path}: labels of shape [${labels.shape.join(', ')}]${names ? `, and data.label names ${names.length} columns` : ''}`,
      'give [count], or [count, columns] with a column for each number to predict or each label',
    );
  if (rows !== count)
    throw new WeftError(
      'data',
      `${labels.path}: ${rows ?? 0} labels for ${count} examples`,
      'examples and labels must belong together',
    );
  if (size > 1) refuseOneHot(labels, size);
  return tableOf({
    values: numbersOf(examples),
    outputs: Array.from({ length: size }, (_, k) => ({
      ...labels,
      ...(size > 1 && { name: names?.[k] ?? `${labels.name} ${k + 1}` }),
      values: columnOf(labels.values, k, size),
    })),
    source: examples.source,
    features: examples.values.length / Math.max(1, count),
  });
}

/** Rows with a single 1 each are one-hot classes. */
function refuseOneHot({ values, path, shape }: Named, size: number): void {
  const isOneHot = Array.from({ length: values.length / size }, (_, row) => row * size).every((from) => {
    const row = Array.from(values.slice(from, from + size), Number);
    return row.every((value) => value === 0 || value === 1) && row.filter((value) => value === 1).length === 1;
  });
  if (isOneHot)
    throw new WeftError(
      'data',
      `${path}: labels of shape [${shape.join(', ')}] of which exactly one holds in each row are classes that are one-hot`,
      'make numbers of them: array.argmax(axis=1)',
    );
}

const columnOf = (values: NumpyArray['values'], column: number, size: number): NumpyArray['values'] =>
  (values as readonly (number | string)[]).filter((_, i) => i % size === column) as unknown as NumpyArray['values'];

/** A table in a single array, with a label column. */
function columnTable(array: Named, label: CsvOptions['label']): Table {
  const [count = 0, width = 0] = array.shape;
  if (array.shape.length !== 2 || width < 2)
    throw new WeftError(
      'data',
      `${array.path}: an array of shape [${array.shape.join(', ')}] contains no labels`,
      'give an .npz file with X and y, or one array of two dimensions with the label as the last column',
    );
  const columns = findLabelColumns(label ?? -1, undefined, width, array.path);
  const features = width - columns.length;
  const { values } = array;
  const examples = {
    ...array,
    shape: [count, features],
    values: (values as readonly (number | string)[]).filter(
      (_, i) => !columns.includes(i % width),
    ) as unknown as NumpyArray['values'],
  };
  const outputs = columns.map((column) => ({ ...array, name: '', values: columnOf(values, column, width) }));
  const table = tableOf({ values: numbersOf(examples), outputs, source: array.source, features });
  return {
    ...table,
    labelColumn: columns[0]!,
    ...(table.outputs && { outputs: table.outputs.map((output, i) => ({ ...output, column: columns[i]! })) }),
  };
}

/** A table whose label columns are separate arrays, one or several. */
function tableOf({
  values,
  outputs,
  source,
  features,
}: Pick<Table, 'values' | 'source' | 'features'> & { outputs: readonly Named[] }): Table {
  const read = outputs.map((output, i) => ({ column: features + i, ...distinctLabels(output) }));
  const [first] = outputs;
  const [{ labels, labelOf }] = read as [(typeof read)[0]];
  if (labelOf.length === 0) throw new WeftError('data', `${first!.path} is empty`, 'give a row for each example');
  return {
    header: undefined,
    labelColumn: features,
    separator: ',',
    values,
    features,
    encoding: undefined,
    unit: 'row',
    labels,
    labelOf,
    ...(read.length > 1
      ? { outputs: read.map((output, i) => ({ ...output, ...(outputs[i]!.name && { name: outputs[i]!.name }) })) }
      : first!.name && { labelName: first!.name }),
    source,
  };
}

function distinctLabels(labels: Named): Pick<Table, 'labels' | 'labelOf'> {
  const known = new Map<string, { index: number; label: DistinctLabel }>();
  const labelOf = Int32Array.from(labels.values as ArrayLike<number | string>, (value, row) => {
    const text = String(value).trim();
    if (text === '' || text === 'NaN')
      throw new WeftError('data', `${labels.path}: row ${row} has no label`, 'fill it in or remove the row');
    let one = known.get(text);
    if (!one) known.set(text, (one = { index: known.size, label: { text, line: row, count: 0 } }));
    one.label.count++;
    return one.index;
  });
  return { labels: [...known.values()].map(({ label }) => label), labelOf };
}

/** The numbers of an array in the form of a table: bytes if every one is an integer in 0..255. */
function numbersOf({ values, shape, path }: Named): Uint8Array | Float32Array {
  if (values instanceof Uint8Array) return values;
  if (typeof values[0] === 'string')
    throw new WeftError(
      'data',
      `${path} contains texts, but examples in arrays must be numbers`,
      'write them to a CSV file, whose columns may be texts',
    );
  const [count = 0] = shape;
  const floats = Float32Array.from(values as ArrayLike<number>);
  const wrong = floats.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new WeftError(
      'data',
      `${path}: row ${Math.floor(wrong / (floats.length / count))} contains '${values[wrong]}', which is not a finite number`,
      'fill in the missing value, or remove the row; in a CSV file values may be missing',
    );
  return floats.every((value) => value >= 0 && value <= 255 && Number.isInteger(value))
    ? Uint8Array.from(floats)
    : floats;
}
