/** The one bridge from plain batches to TensorFlow.js. */
import { tf, type Tensor1D, type Tensor2D, type Tensor4D } from '../tensor/tf.js';
import type { Batch } from './batches.js';
import type { TextBatch } from './text/batches.js';

export interface BatchTensors {
  /** float32 [count, height, width, channels]. */
  readonly inputs: Tensor4D;
  /** Classes int32 [count], targets float32 [count, targets], or binary labels bool [count, labels]. */
  readonly labels: Tensor1D | Tensor2D;
}

/** A batch as tensors, which the caller disposes. Backends may read the batch's arrays as late as their first use. */
export const batchTensors = ({ inputs, labels, shape }: Batch): BatchTensors => ({
  inputs: tf.tensor4d(inputs, shape),
  labels:
    labels instanceof Int32Array
      ? tf.tensor1d(labels, 'int32')
      : tf.tensor2d(labels, [shape[0], labels.length / shape[0]], labels instanceof Uint8Array ? 'bool' : 'float32'),
});

/** Token ids and the tokens that follow them, int32 [rows, length] both; the caller disposes them. */
export const textTensors = ({ inputs, labels, shape }: TextBatch): { inputs: Tensor2D; labels: Tensor2D } => ({
  inputs: tf.tensor2d(inputs, shape, 'int32'),
  labels: tf.tensor2d(labels, shape, 'int32'),
});
