/** The loss of every task: cross-entropy of class labels, one an example or one a token. */
import { softmaxCrossEntropy } from '../tensor/nn.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';

/** Cross-entropy of each label in nats: logits [N,K] and labels [N], or [N,T,K] and [N,T], -> [N] or [N·T]. */
export function labelCrossEntropies(logits: Tensor, labels: Tensor): Tensor1D {
  if (labels.rank === 1) return softmaxCrossEntropy(logits as Tensor2D, labels as Tensor1D);
  return softmaxCrossEntropy(tf.reshape(logits, [-1, logits.shape.at(-1)!]), tf.reshape(labels, [-1]));
}
