/** What training and evaluation need from a data set: batches on demand, always the same ones at the same position. */
import { tf, type Tensor } from '../tensor/tf.js';

/**
 * Inputs [N, ...shape] and class labels int32 [N], targets float32 [N,K], or next tokens [N,T] of token ids [N,T];
 * owned by the caller.
 */
export interface TensorBatch {
  readonly inputs: Tensor;
  readonly labels: Tensor;
  /**
   * Weights of the examples in the loss [N], or of each label of flags [N,K]; 1 on average over the training part;
   * equal if absent.
   */
  readonly weights?: Tensor;
}

/** The first examples of a batch, at most `count`; owned by the caller. */
export const firstExamples = (batch: TensorBatch, count: number): TensorBatch =>
  partOfBatch(batch, (tensor) => tf.slice(tensor, 0, Math.min(count, tensor.shape[0])));

/** Some of the examples of a batch: `pick` applied to each of its tensors. */
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
  /** Number of examples per epoch. */
  readonly count: number;
  /** Number of batches per epoch. */
  readonly steps: number;
  /** Number of examples in the smallest batch, if known. */
  readonly smallest?: number;
  /** Whether, within an epoch, each example continues where that of the previous batch stopped. */
  readonly continues?: boolean;
  /** The batch at this position; a pure function of its arguments. */
  at(epoch: number, step: number): TensorBatch;
  /** For examples with one class each: how many there are to draw from, besides those of one epoch. */
  readonly examples?: number;
  /** Which of them are in the batch at this position. */
  places?(epoch: number, step: number): Uint32Array;
  /** A batch of other examples in its place. */
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
