/** What training and evaluation need of a data set: batches on demand, always the same ones at the same place. */
import { tf, type Tensor } from '../tensor/tf.js';

/** Inputs [N, ...shape] and class labels int32 [N], targets float32 [N,K], or next tokens [N,T] of token ids [N,T]; owned by the caller. */
export interface TensorBatch {
  readonly inputs: Tensor;
  readonly labels: Tensor;
}

/** The first examples of a batch, `count` at most; the caller's. */
export function firstExamples({ inputs, labels }: TensorBatch, count: number): TensorBatch {
  const size = Math.min(count, inputs.shape[0]);
  return { inputs: tf.slice(inputs, 0, size), labels: tf.slice(labels, 0, size) };
}

export interface BatchSource {
  /** Examples in one epoch. */
  readonly count: number;
  /** Batches in one epoch. */
  readonly steps: number;
  /** Examples in the smallest of them, where that is known. */
  readonly smallest?: number;
  /** Whether each example goes on where that of the batch before has stopped, within an epoch. */
  readonly continues?: boolean;
  /** The batch at this place; a pure function of its arguments. */
  at(epoch: number, step: number): TensorBatch;
}

/** Calls `use` with the batch and disposes the batch afterwards. */
export function withBatch<T>(source: BatchSource, epoch: number, step: number, use: (batch: TensorBatch) => T): T {
  const batch = source.at(epoch, step);
  try {
    return use(batch);
  } finally {
    batch.inputs.dispose();
    batch.labels.dispose();
  }
}
