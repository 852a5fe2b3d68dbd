/**
 * Log-probabilities and entropies of discrete decisions, from logits. One row is one architecture's
 * decision. Everything is differentiable with respect to the logits.
 */
import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';

/** What REINFORCE needs to know about decisions that were taken; each [N], in nats. */
export interface DecisionTerms {
  /** log p of what was chosen. */
  readonly logProbability: Tensor1D;
  /** -sum p log p over all that could have been chosen. */
  readonly entropy: Tensor1D;
  /** -p log p of what was chosen alone: the entropy bonus of the ENAS code for the macro and the recurrent space. */
  readonly sampledEntropy: Tensor1D;
}

/** A softmax decision a row: logits [N,K], chosen one-hot [N,K]. */
export function categoricalTerms(logits: Tensor2D, chosen: Tensor2D): DecisionTerms {
  const all = tf.sub(logits, tf.logSumExp(logits, -1, true));
  const logProbability = tf.sum<Tensor1D>(tf.mul(all, chosen), -1);
  return {
    logProbability,
    entropy: tf.neg(tf.sum<Tensor1D>(tf.mul(tf.exp(all), all), -1)),
    sampledEntropy: surprise(logProbability),
  };
}

/** Independent yes/no decisions, summed over the row: logits of yes [N,n], flags 0 or 1 [N,n]. */
export function bernoulliTerms(logits: Tensor2D, flags: Tensor2D): DecisionTerms {
  const sign = tf.sub(tf.mul(2, flags), 1);
  const each = tf.neg(tf.softplus(tf.neg(tf.mul(sign, logits))));
  const entropy = tf.sub(tf.softplus(logits), tf.mul(tf.sigmoid(logits), logits));
  return { logProbability: tf.sum(each, -1), entropy: tf.sum(entropy, -1), sampledEntropy: tf.sum(surprise(each), -1) };
}

/**
 * KL divergence from Bernoulli(target) of Bernoulli(sigmoid(logits)), element by element: the penalty
 * that keeps the share of skip connections near a prior (arXiv 1802.03268, section 3.2).
 */
export function bernoulliKl<T extends Tensor>(logits: T, target: number): T {
  const yes = tf.sigmoid(logits);
  const no = tf.sigmoid(tf.neg(logits));
  const logYes = tf.neg(tf.softplus(tf.neg(logits)));
  const logNo = tf.neg(tf.softplus(logits));
  return tf.add(tf.mul(yes, tf.sub(logYes, Math.log(target))), tf.mul(no, tf.sub(logNo, Math.log(1 - target)))) as T;
}

function surprise<T extends Tensor>(logProbability: T): T {
  return tf.neg(tf.mul(tf.exp(logProbability), logProbability)) as T;
}
