/**
 * Batches as a pure function of (seed, name, epoch, step): a resumed run that asks for the same epoch and step gets the
 * same bytes, so no random state has to be saved.
 */
import { WeftError } from '../errors.js';
import { stream, type Rng } from '../tensor/rng.js';
import { checkAugmentation, drawChange, type Augmentation, type Change } from './augment.js';
import { exampleSize, type InputShape } from './dataset.js';
import type { Normalization } from './normalization.js';
import { type Split, targetsIn } from './split.js';
import { allIndices } from './stratify.js';
import { drawRotation, isRotating, writeRotated, type Rotation } from './rotate.js';
import { scaling, writeChanged, writePlain } from './write-example.js';

/**
 * Normalized inputs in row-major [count, height, width, channels], and their classes or targets. The caller owns the
 * arrays.
 */
export interface Batch {
  readonly inputs: Float32Array;
  /** Classes [count], or targets in row-major [count, targets]; bytes for binary labels. */
  readonly labels: Int32Array | Float32Array | Uint8Array;
  readonly shape: [count: number, height: number, width: number, channels: number];
}

export interface OrderOptions {
  readonly seed: number;
  /** Orders with different names are independent. */
  readonly name: string;
  readonly epoch: number;
}

/** The order of 0..count-1 in an epoch, by `stream(seed, 'data-order', name, epoch)`. */
export const epochOrder = (count: number, { seed, name, epoch }: OrderOptions): Uint32Array =>
  stream(seed, 'data-order', name, epoch).permutation(count);

/**
 * An epoch of `labels.length` positions at which every class that occurs is equally likely: a class is drawn, then the
 * next of its examples in a random order, which restarts when it is exhausted. Drawn from `stream(seed,
 * 'balanced-order', name, epoch)`.
 */
export function balancedOrder(labels: ArrayLike<number>, { seed, name, epoch }: OrderOptions): Uint32Array {
  const rng = stream(seed, 'balanced-order', name, epoch);
  const members = new Map<number, number[]>();
  for (let place = 0; place < labels.length; place++) {
    const known = members.get(labels[place]!);
    if (known) known.push(place);
    else members.set(labels[place]!, [place]);
  }
  return drawEqually(
    [...members.keys()].sort((a, b) => a - b).map((label) => members.get(label)!),
    labels.length,
    rng,
  );
}

function drawEqually(groups: readonly (readonly number[])[], count: number, rng: Rng): Uint32Array {
  const rest = groups.map((): number[] => []);
  return Uint32Array.from({ length: count }, () => {
    const drawn = rng.int(groups.length);
    if (rest[drawn]!.length === 0) rest[drawn] = rng.shuffle(groups[drawn]!);
    return rest[drawn]!.pop()!;
  });
}

export interface BatchesOptions {
  readonly batchSize: number;
  readonly seed: number;
  readonly normalization: Normalization;
  /** Names the random streams. Default: the split's name. */
  readonly name?: string;
  /** A new order every epoch (default), or always the split's own. */
  readonly shuffle?: boolean;
  /**
   * Whether the examples of an epoch are drawn so that all classes are equally frequent; by default each example
   * appears once.
   */
  readonly balanced?: boolean;
  /** Whether an incomplete last batch is dropped (default) or returned. */
  readonly last?: 'drop' | 'keep';
  readonly augment?: Augmentation;
}

export interface Batches {
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** Number of examples in the split. */
  readonly examples: number;
  /** Number of examples seen in one epoch. */
  readonly examplesPerEpoch: number;
  /** Number of examples in the smallest batch of an epoch. */
  readonly smallest: number;
  /** The batch of a step in 0..stepsPerEpoch-1 of an epoch: the same bytes on every request, in any order. */
  at(epoch: number, step: number): Batch;
  /** Positions of that batch's examples in the split. */
  positionsAt(epoch: number, step: number): Uint32Array;
  /** The examples at other positions instead, with the same random augmentation as that batch. */
  pick(positions: Uint32Array, epoch: number, step: number): Batch;
}

/** The batches of a split, each directly accessible by its epoch and step. */
export function batches(
  split: Split,
  {
    batchSize,
    seed,
    normalization,
    name = split.name,
    shuffle = true,
    balanced = false,
    last = 'drop',
    augment = {},
  }: BatchesOptions,
): Batches {
  const count = split.indices.length;
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new WeftError('config', `the batch size is ${batchSize}`, 'give a whole number above 0');
  if (last === 'drop' && batchSize > count)
    throw new WeftError(
      'config',
      `the ${split.name} split has ${count} examples, fewer than one batch of ${batchSize}`,
      'use a smaller batch size or a larger split',
    );
  const augmented = checkAugmentation(augment, split.inputShape);
  const stepsPerEpoch = (last === 'drop' ? Math.floor : Math.ceil)(count / batchSize);
  const unshuffled = allIndices(count);
  let order = { epoch: NaN, positions: unshuffled };
  const positionsAt = (epoch: number, step: number): Uint32Array => {
    if (!(Number.isInteger(step) && step >= 0 && step < stepsPerEpoch))
      throw new RangeError(`step ${step} of an epoch of ${stepsPerEpoch}`);
    if (shuffle && order.epoch !== epoch) {
      const which = { seed, name, epoch };
      order = { epoch, positions: balanced ? balancedOrder(split.labels, which) : epochOrder(count, which) };
    }
    return order.positions.subarray(step * batchSize, (step + 1) * batchSize);
  };
  const pick = (positions: Uint32Array, epoch: number, step: number): Batch =>
    makeBatch(
      split,
      positions,
      normalization,
      augmented ? { augment, rng: stream(seed, 'augment', name, epoch, step) } : undefined,
    );
  return {
    batchSize,
    stepsPerEpoch,
    examples: count,
    examplesPerEpoch: Math.min(count, stepsPerEpoch * batchSize),
    smallest: last === 'keep' && count % batchSize > 0 ? count % batchSize : batchSize,
    at: (epoch, step) => pick(positionsAt(epoch, step), epoch, step),
    positionsAt,
    pick,
  };
}

/** The examples at some positions of a split as one batch, augmented if `augmentation` is given. */
export function makeBatch(
  split: Split,
  positions: ArrayLike<number>,
  normalization: Normalization,
  augmentation?: { readonly augment: Augmentation; readonly rng: Rng },
): Batch {
  const { inputShape, examples, indices, targets } = split;
  const size = exampleSize(inputShape);
  const inputs = new Float32Array(positions.length * size);
  const each = targetsIn(split);
  const labels = targets
    ? new (split.areFlags ? Uint8Array : Float32Array)(positions.length * each)
    : new Int32Array(positions.length);
  const scale = scaling(normalization);
  const background = (augmentation?.augment.shift ?? 0) > 0;
  const { changes, turns } = augmentation ? drawAll(positions.length, augmentation, inputShape) : {};
  const turned = turns && new Float32Array(size);
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!;
    if (targets) labels.set(targets.subarray(position * each, (position + 1) * each), i * each);
    else labels[i] = split.labels[position]!;
    const from = indices[position]! * size;
    if (turned) writeRotated(turned, examples.images, from, inputShape, turns[i]!);
    if (changes) {
      const [images, at] = turned ? [turned, 0] : [examples.images, from];
      writeChanged(inputs, i * size, images, at, inputShape, scale, changes[i]!, background);
    } else writePlain(inputs, i * size, examples.images, from, size, scale);
  }
  return { inputs, labels, shape: [positions.length, ...inputShape] };
}

/** The augmentation of a batch, then its rotations if any: these do not affect the draws of the others. */
function drawAll(
  count: number,
  { augment, rng }: { readonly augment: Augmentation; readonly rng: Rng },
  shape: InputShape,
): { changes: Change[]; turns?: Rotation[] } {
  const changes = Array.from({ length: count }, () => {
    const change: Change = { dy: 0, dx: 0, flip: false, top: 0, bottom: 0, left: 0, right: 0 };
    drawChange(change, augment, shape, rng);
    return change;
  });
  return { changes, ...(isRotating(augment) && { turns: changes.map(() => drawRotation(augment, rng)) }) };
}
