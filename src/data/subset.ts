/** Smaller data sets, and label noise. */
import { WeftError } from '../errors.js';
import { stream } from '../tensor/rng.js';
import { classCounts, exampleSize, type Dataset, type Examples } from './dataset.js';
import { shareCount, type Share, type Split } from './split.js';
import { allIndices, drawQuotas, quotas } from './stratify.js';

/** A stratified share of a part, or the same number from every class. */
export type Amount = Share | { readonly perClass: number };

export interface SubsetOptions {
  readonly seed: number;
  /** Default: all. */
  readonly train?: Amount;
  /** Default: all. */
  readonly test?: Amount;
}

/** A data set with a subset of the examples, drawn by `stream(seed, 'subset', part)` and kept in their order. */
export function takeSubset(dataset: Dataset, { seed, train, test }: SubsetOptions): Dataset {
  const some = (examples: Examples, part: string, amount: Amount | undefined): Picked | undefined =>
    amount === undefined ? undefined : pickExamples(dataset, examples, part, amount, seed);
  const trained = some(dataset.train, 'train', train);
  const tested = dataset.test && some(dataset.test, 'test', test);
  return {
    ...dataset,
    train: trained?.examples ?? dataset.train,
    test: tested?.examples ?? dataset.test,
    ...(trained && dataset.validation && { validation: placesOf(dataset.validation, trained.taken) }),
  };
}

interface Picked {
  readonly examples: Examples;
  /** The selected indices, ascending. */
  readonly taken: Uint32Array;
}

/** The positions of the wanted examples among those that were selected. */
function placesOf(wanted: Uint32Array, taken: Uint32Array): Uint32Array {
  const set = new Set(wanted);
  return Uint32Array.from([...taken.keys()].filter((place) => set.has(taken[place]!)));
}

function pickExamples(
  dataset: Dataset,
  { images, labels, targets, count }: Examples,
  part: string,
  amount: Amount,
  seed: number,
): Picked {
  if (dataset.targets && typeof amount !== 'number')
    throw new WeftError(
      'config',
      `data.subset: perClass does not apply to '${dataset.targets.names.join(', ')}', which is a number, not a class`,
      'give a fraction, or a number of examples',
    );
  const counts = classCounts(labels, dataset.classes);
  const what = `${dataset.name}: subset of the ${part} part`;
  const quota =
    typeof amount === 'number'
      ? quotas(counts, shareCount(amount, count, what))
      : Array.from(counts, () => amount.perClass);
  const short = quota.findIndex(
    (wanted, c) => !(Number.isInteger(wanted) && wanted >= (dataset.targets ? 0 : 1) && wanted <= counts[c]!),
  );
  if (short >= 0)
    throw new WeftError(
      'data',
      `${what}: ${quota[short]} examples of class ${dataset.classNames?.[short] ?? short}, which has ${counts[short]}`,
      'give a whole number of examples per class, at least one and at most as many as there are',
    );
  const { taken } = drawQuotas(allIndices(count), labels, quota, stream(seed, 'subset', part));
  const size = exampleSize(dataset.inputShape);
  const picked =
    images instanceof Uint8Array ? new Uint8Array(taken.length * size) : new Float32Array(taken.length * size);
  taken.forEach((index, i) => picked.set(images.subarray(index * size, (index + 1) * size), i * size));
  const each = (targets?.length ?? 0) / count;
  const pickedTargets = targets && new Float64Array(taken.length * each);
  taken.forEach((index, i) => pickedTargets?.set(targets!.subarray(index * each, (index + 1) * each), i * each));
  return {
    examples: {
      images: picked,
      labels: Int32Array.from(taken, (index) => labels[index]!),
      ...(pickedTargets && { targets: pickedTargets }),
      count: taken.length,
    },
    taken,
  };
}

export interface NoisySplit {
  readonly split: Split;
  /**
   * Positions in the split whose label is now wrong, ascending: the training accuracy on them can be measured
   * separately.
   */
  readonly changed: Uint32Array;
}

/**
 * A split in which exactly round(rate · count) labels, drawn by `stream(seed, 'label-noise')`, are replaced by another
 * class, all others being equally likely (symmetric noise). The given split is not modified.
 */
export function addLabelNoise(
  split: Split,
  { rate, seed }: { readonly rate: number; readonly seed: number },
): NoisySplit {
  if (!(rate >= 0 && rate <= 1))
    throw new WeftError('config', `the label noise is ${rate}`, 'give a number from 0 to 1');
  if (split.targets && rate > 0)
    throw new WeftError('config', 'data.labelNoise changes classes, but numbers are to be predicted', 'set it to 0');
  const rng = stream(seed, 'label-noise');
  const changed = rng
    .permutation(split.labels.length)
    .slice(0, Math.round(rate * split.labels.length))
    .sort();
  const labels = split.labels.slice();
  for (const position of changed)
    labels[position] = (labels[position]! + 1 + rng.int(split.classes - 1)) % split.classes;
  return { split: { ...split, labels }, changed };
}
