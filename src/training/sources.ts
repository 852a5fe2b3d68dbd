/** From batches of a data set to the tensors that training and evaluation ask for. */
import { type Batch, type Batches, batchTensors, type TextBatches, textTensors } from '../data/index.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { type BatchSource, type TensorBatch } from './batch.js';

/**
 * Labelled examples: inputs [N, height, width, channels], and as labels classes [N], targets [N,K] or labels that hold or do not [N,K]. Where `weights` are given, each example counts as much as they say
 * of its class; of labels that hold or do not each answer counts as they say of it: [K,2], not holding first.
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

/** Windows of a text with the tokens that follow: both [N, T]. `continues` says whether each continues where the one before has stopped. */
export function textSource({ examplesPerEpoch, stepsPerEpoch, at }: TextBatches, continues = false): BatchSource {
  return {
    count: examplesPerEpoch,
    steps: stepsPerEpoch,
    continues,
    at: (epoch, step) => textTensors(at(epoch, step)),
  };
}
