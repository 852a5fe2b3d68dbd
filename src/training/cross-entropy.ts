/**
 * The loss of every task: cross-entropy of class labels, one per example, one per token, or several per example; the
 * squared error of targets.
 */
import { WeftError } from '../errors.js';
import { flagCrossEntropies } from '../tensor/multi-label-loss.js';
import { areFlags, areTargets, requireLogitsOf } from '../tensor/logits.js';
import { softmaxCrossEntropy } from '../tensor/nn.js';
import { squaredErrors } from '../tensor/squared-error.js';
import { tf, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';

/**
 * Loss of each label: the squared error for targets (float32), the mean binary cross-entropy for flags (bool),
 * cross-entropy for classes or tokens (int32); times `weights` [N] if given, which for flags may be one for each label
 * [N,K].
 */
export function labelLosses(outputs: Tensor, labels: Tensor, smoothing = 0, weights?: Tensor): Tensor1D {
  if (weights?.rank === 2 && areFlags(labels)) {
    refuseSmoothing(smoothing);
    return flagCrossEntropies(outputs, labels, weights);
  }
  const losses = unweighted(outputs, labels, smoothing);
  return weights ? tf.mul(losses, weights) : losses;
}

function unweighted(outputs: Tensor, labels: Tensor, smoothing: number): Tensor1D {
  if (!areTargets(labels) && !areFlags(labels)) return labelCrossEntropies(outputs, labels, smoothing);
  refuseSmoothing(smoothing);
  return areFlags(labels) ? flagCrossEntropies(outputs, labels) : squaredErrors(outputs, labels);
}

function refuseSmoothing(smoothing: number): void {
  if (smoothing > 0)
    throw new WeftError(
      'config',
      'labels are smoothed over classes, but these are not classes',
      'set labelSmoothing to 0',
    );
}

/**
 * Cross-entropy of each label in nats: logits [N,K] and labels [N], or [N,T,K] and [N,T], -> [N] or [N·T]. With
 * smoothing ε the target is 1 − ε at the label and ε/K everywhere (Szegedy et al. 2016, section 7), so that a loss is
 * −log p_label + ε·(z_label − mean z); as far as labels are concerned it is linear in the logits, so the curvature does
 * not depend on them.
 */
export function labelCrossEntropies(logits: Tensor, labels: Tensor, smoothing = 0): Tensor1D {
  requireLogitsOf(labels, logits);
  const [rows, flat] =
    labels.rank === 1
      ? [logits as Tensor2D, labels as Tensor1D]
      : [tf.reshape(logits, [-1, logits.shape.at(-1)!]) as Tensor2D, tf.reshape(labels, [-1]) as Tensor1D];
  const losses = softmaxCrossEntropy(rows, flat);
  if (smoothing === 0) return losses;
  const classes = rows.shape[1];
  // ε at the label and −ε/K everywhere.
  const pull = tf.sub(tf.mul(tf.cast(tf.oneHot(flat, classes), 'float32'), smoothing), smoothing / classes);
  return tf.add(losses, tf.sum(tf.mul(rows, pull), 1));
}
