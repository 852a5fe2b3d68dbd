/** The loss of multi-label classification: labels that are each true or false independently of the others. */
import { WeftError } from '../errors.js';
import { tf, type Tensor, type Tensor1D } from './tf.js';

/**
 * Binary cross-entropy of each example in nats, the mean over its K labels: logits z float32 [N,K] and flags y bool
 * [N,K] -> [N]. With p = sigmoid(z) it is −y·log p − (1 − y)·log(1 − p) = log(1 + exp z) − y·z; its Hessian with
 * respect to the logits is diagonal, p·(1 − p)/K. `weights` [N,K] weight each label.
 */
export function flagCrossEntropies(logits: Tensor, flags: Tensor, weights?: Tensor): Tensor1D {
  if (logits.rank !== 2 || logits.shape.join() !== flags.shape.join())
    throw new WeftError(
      'operation',
      `the model gives outputs [${logits.shape}] for labels [${flags.shape}]`,
      'a model must give one logit for each label of an example',
    );
  const losses = tf.sub(tf.softplus(logits), tf.mul(logits, tf.cast(flags, 'float32')));
  return tf.mean(weights ? tf.mul(losses, weights) : losses, 1) as Tensor1D;
}
