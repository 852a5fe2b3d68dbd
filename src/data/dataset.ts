/**
 * A labelled data set in plain typed arrays. Pixels stay as they were read (bytes stay bytes, so CIFAR-10 takes 180 MB
 * and not 740); they are converted to normalized floats batch by batch.
 */
import { WeftError } from '../errors.js';
import { type Column } from './csv/encoding.js';
import type { SeriesForm } from './series.js';

/** Height, width, channels. A row of n numbers that is not an image has the shape [1, 1, n]. */
export type InputShape = readonly [height: number, width: number, channels: number];

/** Inputs and labels, one example after another. */
export interface Examples {
  /** Row-major [count, height, width, channels]. */
  readonly images: Uint8Array | Float32Array;
  /** Class of each example, 0..classes-1; for regression, the stratum of its target. */
  readonly labels: Uint8Array | Int32Array;
  /** Targets, row-major [count, targets], in their own units. */
  readonly targets?: Float64Array;
  readonly count: number;
}

/** A file (or a folder of files) that a data set was read from, as recorded in a run. */
export interface Source {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /**
   * For a folder: `HASH PATH` of each file, one per line, as `sha256sum` writes it; `sha256` is the hash of this text.
   */
  readonly listing?: string;
}

export interface Dataset {
  readonly name: string;
  readonly inputShape: InputShape;
  /** Classes; for regression, the strata of the target, each of which is represented in every split. */
  readonly classes: number;
  readonly classNames?: readonly string[];
  /**
   * Names of the targets if the examples have no classes, and why they were taken for targets if the user did not say
   * so.
   */
  readonly targets?: {
    readonly names: readonly string[];
    readonly reason?: string;
    /** Whether the targets are binary labels (1 or 0), any number of which may be present at once. */
    readonly areFlags?: boolean;
  };
  /** How windows were made from the rows of series, if the examples are such windows. */
  readonly series?: SeriesForm;
  /** The names of a table's columns, except the label; undefined if it has no header. */
  readonly columns?: readonly string[];
  /** The type of each column of a table, without the label; undefined if all are numeric with no missing values. */
  readonly encoding?: readonly Column[];
  readonly train: Examples;
  /** Which training examples the source reserves for validation, ascending; undefined if it does not say. */
  readonly validation?: Uint32Array;
  /** Undefined if the source has no test part: `splitDataset` then takes one from `train`. */
  readonly test: Examples | undefined;
  readonly sources: readonly Source[];
  /** The image decoder with its version; undefined if no images were decoded. */
  readonly decoder?: string;
  /** Why the files were taken for the format that they are, if that is worth saying. */
  readonly reason?: string;
  /** Files that could not be read and were skipped, with the reason, one sentence each. */
  readonly leftOut?: readonly string[];
  /** Other cautions found while reading, one sentence each. */
  readonly warnings?: readonly string[];
}

export type DatasetFields = Omit<Dataset, 'train' | 'test' | 'sources'> & {
  readonly train: Omit<Examples, 'count'>;
  readonly test?: Omit<Examples, 'count'> | undefined;
  readonly sources?: readonly Source[];
  /**
   * Whether classes without a training example are allowed: the classes are those of a network that is to be evaluated
   * on the data.
   */
  readonly partial?: boolean;
};

/**
 * A checked data set from arrays in memory: sizes agree with the shape, labels lie in 0..classes-1, and every class has
 * a training example unless the data is `partial`; targets are finite, one row per example. Errors name `where`, the
 * file that holds the labels.
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

/** Number of values in one example. */
export const exampleSize = ([height, width, channels]: InputShape): number => height * width * channels;

/** Number of examples per class. */
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
