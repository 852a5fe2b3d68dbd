/** What training and evaluation need of a data set: batches on demand, always the same ones at the same place. */
import { tf, type Tensor } from '../tensor/tf.js';

/** Inputs [N, ...shape] and class labels int32 [N], targets float32 [N,K], or next tokens [N,T] of token ids [N,T]; owned by the caller. */
export interface TensorBatch {
  readonly inputs: Tensor;
  readonly labels: Tensor;
  /** By how much the loss of each example counts [N], of labels that hold or do not each answer [N,K]; 1 on average over the training part; alike where there are none. */
  readonly weights?: Tensor;
}

/** The first examples of a batch, `count` at most; the caller's. */
export const firstExamples = (batch: TensorBatch, count: number): TensorBatch =>
  partOfBatch(batch, (tensor) => tf.slice(tensor, 0, Math.min(count, tensor.shape[0])));

/** Some of the examples of a batch: what `pick` makes of each of its tensors. */
export const partOfBatch = (
  { inputs, labels, weights }: TensorBatch,
  pick: (tensor: Tensor) => Tensor,
): TensorBatch => ({
  inputs: pick(inputs),
  labels: pick(labels),
  ...(weights && { weights: pick(weights) }),
});

export function disposeBatch({ inputs, labels, weights }: TensorBatch): void {
  inputs.dispose();
  labels.dispose();
  weights?.dispose();
}

export interface BatchSource {
  /** Examples in one epoch. */
  readonly count: number;
  /** Batches in one epoch. */
  readonly steps: number;
  /** Examples in the smallest of them, where that is known. */
  readonly smallest?: number;
  /** Whether each example continues where that of the batch before has stopped, within an epoch. */
  readonly continues?: boolean;
  /** The batch at this place; a pure function of its arguments. */
  at(epoch: number, step: number): TensorBatch;
  /** For examples with one class each: how many there are to draw from, besides those of one epoch. */
  readonly examples?: number;
  /** Which of them are in the batch at this place. */
  places?(epoch: number, step: number): Uint32Array;
  /** Others of them in its place. */
  pick?(places: Uint32Array, epoch: number, step: number): TensorBatch;
}

/** Calls `use` with the batch and disposes the batch afterwards. */
export function withBatch<T>(source: BatchSource, epoch: number, step: number, use: (batch: TensorBatch) => T): T {
  const batch = source.at(epoch, step);
  try {
    return use(batch);
  } finally {
    disposeBatch(batch);
  }
}
