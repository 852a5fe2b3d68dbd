/**
 * A labelled data set in plain typed arrays. Pixels stay as they were read (bytes where they are
 * bytes, so CIFAR-10 takes 180 MB and not 740); they become normalized floats batch by batch.
 */
import { WeftError } from '../errors.js';
import { type Column } from './csv/encoding.js';
import type { SeriesForm } from './series.js';

/** Height, width, channels. A row of n numbers that is no image has the shape [1, 1, n]. */
export type InputShape = readonly [height: number, width: number, channels: number];

/** Inputs and their labels, one after the other. */
export interface Examples {
  /** Row-major [count, height, width, channels]. */
  readonly images: Uint8Array | Float32Array;
  /** Class of each example, 0..classes-1; where there are targets, the part of their range that it is in. */
  readonly labels: Uint8Array | Int32Array;
  /** Numbers to predict, row-major [count, targets] in their own units. */
  readonly targets?: Float64Array;
  readonly count: number;
}

/** A file (or a folder of files) that a data set was read from, as a run records it. */
export interface Source {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /**
   * Of a folder: `HASH  PATH` of each file, a line each, as `sha256sum` writes it; `sha256` is the hash of this text.
   */
  readonly listing?: string;
}

export interface Dataset {
  readonly name: string;
  readonly inputShape: InputShape;
  /** Classes; where there are targets, the parts of their range, from each of which every split has its share. */
  readonly classes: number;
  readonly classNames?: readonly string[];
  /**
   * What the numbers to predict are called, where the examples have no classes, and why they are taken for numbers
   * where nobody said so.
   */
  readonly targets?: {
    readonly names: readonly string[];
    readonly reason?: string;
    /** Whether they are labels that hold (1) or do not (0), any number of them at once. */
    readonly areFlags?: boolean;
  };
  /** How windows were made of the rows of series, where the examples are such windows. */
  readonly series?: SeriesForm;
  /** The names of a table's columns, except the label; undefined if it has no header. */
  readonly columns?: readonly string[];
  /** What each column of a table is, the label left out; undefined where all are numbers without gaps. */
  readonly encoding?: readonly Column[];
  readonly train: Examples;
  /**
   * Which of the training examples the source sets apart for validation, ascending; undefined where it does not say.
   */
  readonly validation?: Uint32Array;
  /** Undefined where the source has no test part: `splitDataset` then takes one from `train`. */
  readonly test: Examples | undefined;
  readonly sources: readonly Source[];
  /** What has decoded images, with its version; undefined where none were. */
  readonly decoder?: string;
  /** Why files were taken for what they are, where that is worth saying. */
  readonly reason?: string;
  /** Files that could not be read and were left out, and why, a sentence each. */
  readonly leftOut?: readonly string[];
  /** What else to be careful about, found while reading, a sentence each. */
  readonly warnings?: readonly string[];
}

export type DatasetFields = Omit<Dataset, 'train' | 'test' | 'sources'> & {
  readonly train: Omit<Examples, 'count'>;
  readonly test?: Omit<Examples, 'count'> | undefined;
  readonly sources?: readonly Source[];
  /**
   * Whether classes without a training example are in order: the classes are those of a network, which the data is to
   * be judged by.
   */
  readonly partial?: boolean;
};

/**
 * A checked data set from arrays in memory: sizes agree with the shape, labels lie in 0..classes-1, and every class has
 * a training example unless the data is `partial`; targets are finite, one row for each example. Errors speak of
 * `where`, the file that holds the labels.
 */
export function defineDataset({ partial = false, ...fields }: DatasetFields, where: string = fields.name): Dataset {
  const { inputShape, classes, classNames } = fields;
  if (!inputShape.every((size) => Number.isInteger(size) && size > 0))
    throw new WeftError(
      'data',
      `${where}: the shape [${inputShape.join(', ')}] of an example is empty or invalid`,
      'give height, width and channels as whole numbers above zero',
    );
  if (!fields.targets && !(Number.isInteger(classes) && classes >= 2))
    throw new WeftError(
      'data',
      `${where}: ${classes === 1 ? 'all examples are of one class' : `${classes} classes`}`,
      'a classifier needs examples of at least two classes',
    );
  if (classNames && classNames.length !== classes)
    throw new WeftError(
      'data',
      `${where}: ${classNames.length} class names for ${classes} classes`,
      'name each class once',
    );

  const names = fields.targets?.names ?? [];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new WeftError(
      'data',
      `${where}: two of the values to predict are named '${twice}'`,
      'give each a different name',
    );
  const targets = fields.targets?.names.length;
  const train = checkedExamples(fields.train, { inputShape, classes, targets }, `${where}: training part`);
  const missing = classCounts(train.labels, classes).indexOf(0);
  if (missing >= 0 && !partial && !fields.targets)
    throw new WeftError(
      'data',
      `${where}: labels run from 0 to ${classes - 1}, but no training example is of class ${classNames?.[missing] ?? missing}`,
      'a label is corrupt, or the examples of that class are missing: labels must be 0, 1, 2, … without gaps',
    );
  return {
    ...fields,
    train,
    test: fields.test && checkedExamples(fields.test, { inputShape, classes, targets }, `${where}: test part`),
    sources: fields.sources ?? [],
  };
}

/** Numbers in one example. */
export const exampleSize = ([height, width, channels]: InputShape): number => height * width * channels;

/** How many labels there are of each class. */
export function classCounts(labels: ArrayLike<number>, classes: number): Uint32Array {
  const counts = new Uint32Array(classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i]!]!++;
  return counts;
}

function checkedExamples(
  { images, labels, targets }: Omit<Examples, 'count'>,
  { inputShape, classes, targets: size }: { inputShape: InputShape; classes: number; targets: number | undefined },
  where: string,
): Examples {
  const count = labels.length;
  if (count === 0) throw new WeftError('data', `${where} has no examples`, 'add some, or leave the part out');
  if (images.length !== count * exampleSize(inputShape))
    throw new WeftError(
      'data',
      `${where}: ${images.length} numbers are not ${count} examples of shape [${inputShape.join(', ')}]`,
      'images and labels must belong together',
    );
  const wrong = labels.findIndex((label) => !(label >= 0 && label < classes));
  if (wrong >= 0)
    throw new WeftError(
      'data',
      `${where}: label ${labels[wrong]} of example ${wrong} is not in 0..${classes - 1}`,
      'fix the label, or remove the example',
    );
  if ((targets?.length ?? 0) !== count * (size ?? 0))
    throw new WeftError(
      'data',
      `${where}: ${targets?.length ?? 0} targets are not ${size ?? 0} for each of ${count} examples`,
      'targets are numbers, the same number of them for each example',
    );
  const infinite = targets?.findIndex((value) => !Number.isFinite(value)) ?? -1;
  if (infinite >= 0)
    throw new WeftError(
      'data',
      `${where}: a target of example ${Math.floor(infinite / size!)} is ${targets![infinite]}`,
      'fix the number, or remove the example',
    );
  return { images, labels, count, ...(targets && { targets }) };
}
