/** How good a child is on given batches. */
import { type Mode } from '../operations/operation.js';
import { type Child } from '../supernet/child.js';
import { forwardTogether } from '../supernet/forward-together.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { softmaxCrossEntropy } from '../tensor/nn.js';
import { tf, tidy, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { type BatchSource, type TensorBatch, withBatch } from './batch.js';

export interface Evaluation {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share of examples whose largest logit is the label's. */
  readonly accuracy: number;
  readonly count: number;
}

/** Shared weights are judged with the batch's own statistics: the running ones mix all children and wreck the ranking. */
export const SHARED_EVALUATION: Mode = { training: false, normalization: 'batch' };
/** A finished network is judged as it will be used: with fixed statistics. */
export const FINAL_EVALUATION: Mode = { training: false, normalization: 'running' };

/** Loss and accuracy of the child on one batch. */
export function evaluateBatch(child: Child, store: ParameterStore, batch: TensorBatch, mode: Mode): Evaluation {
  return tidy(() => judge(child.forward(store.parameters, store.statistics, batch.inputs, mode), batch.labels));
}

/** Loss and accuracy of each child on one batch: the same numbers, in less time. */
export function evaluateTogether(children: readonly Child[], store: ParameterStore, batch: TensorBatch, mode: Mode): Evaluation[] {
  return forwardTogether(children, store, batch.inputs, mode, (logits) => judge(logits, batch.labels));
}

function judge(logits: Tensor2D, labels: Tensor1D): Evaluation {
  return tidy(() => {
    const correct = tf.cast(tf.equal(tf.argMax(logits, -1), labels), 'float32');
    const [loss, accuracy] = tf.stack([tf.mean(softmaxCrossEntropy(logits, labels)), tf.mean(correct)]).dataSync();
    return { loss: loss!, accuracy: accuracy!, count: labels.shape[0] };
  });
}

/** Loss and accuracy over the first `steps` batches of the source's epoch 0, each example counted once. */
export function evaluateChild(child: Child, store: ParameterStore, source: BatchSource, mode: Mode, steps: number = source.steps): Evaluation {
  let loss = 0;
  let correct = 0;
  let count = 0;
  for (let step = 0; step < steps; step++) {
    const one = withBatch(source, 0, step, (batch) => evaluateBatch(child, store, batch, mode));
    loss += one.loss * one.count;
    correct += one.accuracy * one.count;
    count += one.count;
  }
  return { loss: loss / count, accuracy: correct / count, count };
}
