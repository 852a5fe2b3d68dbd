/** Turns batches of a data set into the tensors for training and evaluation. */
import { type Batch, type Batches, batchTensors, type TextBatches, textTensors } from '../data/index.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type BatchSource, type TensorBatch } from './batch.js';

/**
 * Labelled examples: inputs [N, height, width, channels], and as labels classes [N], targets [N,K] or flags [N,K]. If
 * `weights` are given, each example is weighted by that of its class; flags are weighted by label and value, [K,2],
 * false first.
 */
export function exampleSource(
  { examplesPerEpoch, examples, stepsPerEpoch, smallest, at, positionsAt, pick }: Batches,
  weights?: Float32Array,
): BatchSource {
  const tensorsOf = (batch: Batch): TensorBatch => ({
    ...batchTensors(batch),
    ...(weights && { weights: weightsIn(batch, weights) }),
  });
  return {
    count: examplesPerEpoch,
    steps: stepsPerEpoch,
    smallest,
    examples,
    at: (epoch, step) => tensorsOf(at(epoch, step)),
    places: positionsAt,
    pick: (...asked) => tensorsOf(pick(...asked)),
  };
}

function weightsIn({ labels, shape: [count] }: Batch, weights: Float32Array): Tensor {
  if (labels instanceof Int32Array) return tf.tensor1d(Float32Array.from(labels, (label) => weights[label]!));
  const size = weights.length / 2;
  return tf.tensor2d(
    Float32Array.from(labels, (holds, i) => weights[2 * (i % size) + holds]!),
    [count, size],
  );
}

/**
 * Windows of a text with the tokens that follow: both [N, T]. `continues` says whether each continues where the
 * previous one stopped.
 */
export function textSource({ examplesPerEpoch, stepsPerEpoch, at }: TextBatches, continues = false): BatchSource {
  return {
    count: examplesPerEpoch,
    steps: stepsPerEpoch,
    continues,
    at: (epoch, step) => textTensors(at(epoch, step)),
  };
}
