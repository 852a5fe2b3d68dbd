/**
 * The disjoint parts of a data set that a search needs: shared weights are trained on `train`, the controller's reward
 * comes from `validation`, the final choice may use a separate `derive` and the Fisher information a separate `fisher`,
 * and `test` is used once, at the end.
 */
import { createHash } from 'node:crypto';
import { WeftError } from '../errors.js';
import { stream } from '../tensor/rng.js';
import { classCounts, exampleSize, type Dataset, type Examples, type InputShape } from './dataset.js';
import { allIndices, stratifiedDraw } from './stratify.js';

export type SplitName = 'train' | 'validation' | 'derive' | 'fisher' | 'test';

/** Some of a data set's examples, with their own copy of the labels: noise in one split does not affect another. */
export interface Split {
  readonly name: SplitName;
  readonly inputShape: InputShape;
  readonly classes: number;
  readonly examples: Examples;
  /** Indices into `examples`, ascending. */
  readonly indices: Uint32Array;
  /** The label of each, in the order of `indices`. */
  readonly labels: Int32Array;
  /** Targets, row-major [indices, targets]: in their own units, or scaled (`scaleTargets`). */
  readonly targets?: Float64Array;
  /** Whether the targets are binary labels (1 or 0). */
  readonly areFlags?: boolean;
}

export type Splits = Readonly<Record<'train' | 'validation' | 'test', Split>> &
  Readonly<Partial<Record<SplitName, Split>>>;

/** A whole data set as one split: its test part if it has one. */
export function allExamples(dataset: Dataset): Split {
  const examples = dataset.test ?? dataset.train;
  return makeSplit('test', dataset, examples, allIndices(examples.count));
}

/** Below 1 a fraction of the part being divided, otherwise a number of examples. */
export type Share = number;

export interface SplitOptions {
  readonly seed: number;
  /** For the controller's rewards, if the data set has no validation part. Default 0.1, the 45,000 to 5,000 of ENAS. */
  readonly validation?: Share;
  /** A separate part for choosing the final architecture. Default: none. */
  readonly derive?: Share;
  /** A separate part for Fisher information. Default: none. */
  readonly fisher?: Share;
  /** Default: everything that the other parts leave. */
  readonly train?: Share;
  /** Set aside first, and only if the data set has no test part. Default 0.2. */
  readonly test?: Share;
}

/**
 * Divides a data set into disjoint, stratified parts, drawn from `stream(seed, 'split', part)`. Fractions are relative
 * to the training part after a test part has been set aside.
 */
export function splitDataset(
  dataset: Dataset,
  { seed, validation = 0.1, derive = 0, fisher = 0, train, test = 0.2 }: SplitOptions,
): Splits {
  const { classes } = dataset;
  const labels = dataset.train.labels;
  const given = new Set(dataset.validation);
  let pool: Uint32Array = allIndices(labels.length).filter((index) => !given.has(index));
  // At least one example of a rare class goes to each evaluation part, if the training part keeps one.
  const judging = [...(dataset.validation ? [] : ['validation']), ...(derive > 0 ? ['derive'] : [])];
  const take = (name: SplitName, share: Share, whole: number): Split => {
    const count = shareCount(share, whole, name);
    if (count > pool.length)
      throw new WeftError(
        'data',
        `${dataset.name}: ${count} examples for ${name}, but only ${pool.length} of ${whole} are left`,
        'make the parts smaller',
      );
    const after = name === 'test' ? judging.length : judging.length - judging.indexOf(name) - 1;
    const reserve = name === 'test' || judging.includes(name) ? after + 1 : Infinity;
    const draw = stratifiedDraw(pool, labels, classes, { total: count, reserve }, stream(seed, 'split', name));
    pool = draw.rest;
    return makeSplit(name, dataset, dataset.train, draw.taken);
  };

  const testSplit = dataset.test
    ? makeSplit('test', dataset, dataset.test, allIndices(dataset.test.count))
    : take('test', test, pool.length);
  const whole = pool.length;
  const parts: Partial<Record<SplitName, Split>> = {};
  if (dataset.validation) parts.validation = makeSplit('validation', dataset, dataset.train, dataset.validation);
  for (const [name, share] of [
    ['validation', validation],
    ['derive', derive],
    ['fisher', fisher],
  ] as const)
    if (parts[name] === undefined && (share > 0 || name === 'validation')) parts[name] = take(name, share, whole);
  const trainSplit =
    train === undefined ? makeSplit('train', dataset, dataset.train, pool) : take('train', train, whole);
  const starved = classCounts(trainSplit.labels, classes).indexOf(0);
  if (starved >= 0 && !dataset.targets)
    throw new WeftError(
      'data',
      `${dataset.name}: the training split has no example of class ${dataset.classNames?.[starved] ?? starved}`,
      'make the other parts smaller, or add examples of that class',
    );
  const splits = { train: trainSplit, validation: parts.validation!, ...parts, test: testSplit };
  assertDisjoint(splits);
  return splits;
}

/** Splits of the same examples merged into one, indices ascending, each example with the label from its split. */
export function mergeSplits(name: SplitName, splits: readonly [Split, ...Split[]]): Split {
  const [first] = splits;
  if (splits.some(({ examples }) => examples !== first.examples))
    throw new WeftError(
      'data',
      `the ${name} split would combine examples of different files`,
      'merge only parts of the same data set',
    );
  const members = splits.flatMap((split) => Array.from(split.indices, (index, place) => ({ split, index, place })));
  members.sort((a, b) => a.index - b.index);
  const size = targetsIn(first);
  const targets = first.targets && new Float64Array(members.length * size);
  members.forEach(({ split, place }, i) =>
    targets?.set(split.targets!.subarray(place * size, (place + 1) * size), i * size),
  );
  return {
    ...first,
    name,
    indices: Uint32Array.from(members, ({ index }) => index),
    labels: Int32Array.from(members, ({ split, place }) => split.labels[place]!),
    ...(targets && { targets }),
  };
}

/** Number of targets per example of a split; 0 for classification. */
export const targetsIn = ({ targets, indices }: Pick<Split, 'targets' | 'indices'>): number =>
  targets ? targets.length / indices.length : 0;

/** The examples at some positions of a split, in their order. */
export function pickSplit(split: Split, places: Uint32Array): Split {
  const size = targetsIn(split);
  return {
    ...split,
    indices: places.map((place) => split.indices[place]!),
    labels: Int32Array.from(places, (place) => split.labels[place]!),
    ...(split.targets && { targets: rowsOf(split.targets, places, size) }),
  };
}

/** Rows of `size` numbers at these positions. */
function rowsOf(values: Float64Array, places: Uint32Array, size: number): Float64Array {
  const rows = new Float64Array(places.length * size);
  places.forEach((place, i) => rows.set(values.subarray(place * size, (place + 1) * size), i * size));
  return rows;
}

/** The number of examples that a share of `whole` amounts to. */
export function shareCount(share: Share, whole: number, what: string): number {
  const count = share < 1 ? Math.round(share * whole) : share;
  if (Number.isInteger(count) && count >= 1 && count <= whole) return count;
  throw new WeftError(
    'config',
    `${what}: ${share} is not a possible share of ${whole} examples`,
    `give a fraction below 1, or a whole number from 1 to ${whole}`,
  );
}

/** Throws if an example is in two splits. */
export function assertDisjoint(splits: Partial<Record<SplitName, Split>>): void {
  const owners = new Map<Examples, Map<number, SplitName>>();
  for (const split of Object.values(splits)) {
    const seen = owners.get(split.examples) ?? new Map<number, SplitName>();
    owners.set(split.examples, seen);
    for (const index of split.indices) {
      if (seen.has(index))
        throw new WeftError(
          'data',
          `example ${index} is in ${seen.get(index)} and in ${split.name}`,
          'splits must be disjoint',
        );
      seen.set(index, split.name);
    }
  }
}

export interface SplitRecord {
  readonly count: number;
  readonly perClass: readonly number[];
  /** SHA-256 of the indices, ascending, as little-endian 32-bit integers. */
  readonly indices: string;
  /**
   * SHA-256 of each example's numbers as stored in memory, its label (32 bit) and its targets (64 bit), in that order.
   */
  readonly content: string;
}

/** The record of each split in a run, so that another run can be shown to have used the same examples. */
export function recordSplits(splits: Splits): Record<string, SplitRecord> {
  return Object.fromEntries(Object.entries(splits).map(([name, split]) => [name, recordSplit(split)]));
}

/** Which test examples have a duplicate (the same input, whatever the label) in each other part. */
export function findSeen({ test, ...others }: Splits): Record<string, boolean[]> {
  const inputs = ({ examples, indices, inputShape }: Split): string[] => {
    const size = exampleSize(inputShape);
    return Array.from(indices, (index) =>
      createHash('md5')
        .update(examples.images.subarray(index * size, (index + 1) * size))
        .digest('base64'),
    );
  };
  const tested = inputs(test);
  return Object.fromEntries(
    Object.entries(others)
      .filter(([, split]) => split !== undefined)
      .map(([name, split]) => {
        const known = new Set(inputs(split));
        return [name, tested.map((input) => known.has(input))];
      }),
  );
}

export function recordSplit(split: Split): SplitRecord {
  const { examples, indices, labels, targets, inputShape, classes } = split;
  const size = exampleSize(inputShape);
  const each = targetsIn(split);
  const content = createHash('sha256');
  indices.forEach((index, position) => {
    content.update(examples.images.subarray(index * size, (index + 1) * size));
    content.update(labels.subarray(position, position + 1));
    if (targets) content.update(targets.subarray(position * each, (position + 1) * each));
  });
  return {
    count: indices.length,
    perClass: [...classCounts(labels, classes)],
    indices: createHash('sha256').update(indices).digest('hex'),
    content: content.digest('hex'),
  };
}

function makeSplit(
  name: SplitName,
  { inputShape, classes, targets }: Dataset,
  examples: Examples,
  indices: Uint32Array,
): Split {
  return {
    name,
    inputShape,
    classes,
    examples,
    indices,
    labels: Int32Array.from(indices, (index) => examples.labels[index]!),
    ...(examples.targets && { targets: rowsOf(examples.targets, indices, examples.targets.length / examples.count) }),
    ...(targets?.areFlags && { areFlags: true }),
  };
}
