/** From batches of a data set to the tensors that training and evaluation ask for. */
import { type Batch, type Batches, batchTensors, type TextBatches, textTensors } from '../data/index.js';
import { tf } from '../tensor/tf.js';
import { type BatchSource, type TensorBatch } from './batch.js';

/** Examples with a class each: inputs [N, height, width, channels], labels [N]; each counts as much as `classWeights` says of its class, where they are given. */
export function exampleSource(
  { examplesPerEpoch, examples, stepsPerEpoch, smallest, at, positionsAt, pick }: Batches,
  classWeights?: Float32Array,
): BatchSource {
  const tensorsOf = (batch: Batch): TensorBatch => ({
    ...batchTensors(batch),
    ...(classWeights && { weights: tf.tensor1d(Float32Array.from(batch.labels, (label) => classWeights[label]!)) }),
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

/** Windows of a text with the tokens that follow: both [N, T]. `continues` says whether each goes on where the one before has stopped. */
export function textSource({ examplesPerEpoch, stepsPerEpoch, at }: TextBatches, continues = false): BatchSource {
  return {
    count: examplesPerEpoch,
    steps: stepsPerEpoch,
    continues,
    at: (epoch, step) => textTensors(at(epoch, step)),
  };
}
