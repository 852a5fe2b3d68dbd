/** Predictions of a finished network: class probabilities, or numbers. */
import { type Child } from '../supernet/child.js';
import { type Weights } from '../supernet/parameter-store.js';
import { tf, tidy } from '../tensor/tf.js';
import { type BatchSource, withBatch } from './batch.js';
import { FINAL_EVALUATION } from './evaluate.js';

export interface Probabilities {
  /** Row-major [count, classes]. */
  readonly probabilities: Float32Array;
  readonly labels: Int32Array;
}

/** Logits, row-major [count, classes]. */
export interface Logits {
  readonly logits: Float32Array;
  readonly labels: Int32Array;
}

/** Logits and true classes of the examples of the source's epoch 0, in its order. */
export function logitsOfChild(child: Child, weights: Weights, source: BatchSource, classes: number): Logits {
  const logits = new Float32Array(source.count * classes);
  const labels = new Int32Array(source.count);
  let at = 0;
  for (let step = 0; step < source.steps; step++)
    withBatch(source, 0, step, (batch) => {
      logits.set(
        tidy(() => child.forward(weights.parameters, weights.statistics, batch.inputs, FINAL_EVALUATION).dataSync()),
        at * classes,
      );
      labels.set(batch.labels.dataSync(), at);
      at += batch.labels.size;
    });
  return { logits, labels };
}

/** Probabilities at a temperature, which divides the logits. */
export function probabilitiesOf({ logits, labels }: Logits, classes: number, temperature = 1): Probabilities {
  const probabilities = tidy(
    () => tf.softmax(tf.div(tf.tensor2d(logits, [labels.length, classes]), temperature)).dataSync() as Float32Array,
  );
  return { probabilities, labels };
}

export interface PredictedValues {
  /** Row-major [count, targets], in the scale of the targets; logits for flags. */
  readonly predicted: Float32Array;
  readonly actual: Float32Array;
}

/** Outputs and targets of the examples of the source's epoch 0, in its order. */
export function predictValues(child: Child, weights: Weights, source: BatchSource, targets: number): PredictedValues {
  const predicted = new Float32Array(source.count * targets);
  const actual = new Float32Array(source.count * targets);
  let at = 0;
  for (let step = 0; step < source.steps; step++)
    withBatch(source, 0, step, (batch) => {
      const outputs = (): tf.Tensor =>
        child.forward(weights.parameters, weights.statistics, batch.inputs, FINAL_EVALUATION);
      predicted.set(
        tidy(() => outputs().dataSync()),
        at,
      );
      actual.set(batch.labels.dataSync(), at);
      at += batch.labels.size;
    });
  return { predicted, actual };
}
