/** From batches of a data set to the tensors that training and evaluation ask for. */
import { type Batches, batchTensors, type TextBatches, textTensors } from '../data/index.js';
import { tf } from '../tensor/tf.js';
import { type BatchSource } from './batch.js';

/** Examples with a class each: inputs [N, height, width, channels], labels [N]; each counts as much as `classWeights` says of its class, where they are given. */
export function exampleSource(
  { examplesPerEpoch, stepsPerEpoch, smallest, at }: Batches,
  classWeights?: Float32Array,
): BatchSource {
  return {
    count: examplesPerEpoch,
    steps: stepsPerEpoch,
    smallest,
    at(epoch, step) {
      const batch = at(epoch, step);
      return {
        ...batchTensors(batch),
        ...(classWeights && { weights: tf.tensor1d(Float32Array.from(batch.labels, (label) => classWeights[label]!)) }),
      };
    },
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
