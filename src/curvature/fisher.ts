/**
 * The diagonal of the Fisher information: how much a model's output distribution changes with each weight.
 *
 * An example is what passes through the model independently: an image, or a whole sequence. Its loss is the negative
 * log-likelihood of all its labels together, −Σₜ log p(yₜ|x), and information is counted per label: F = (1/L)·Σₙ
 * E[∇lossₙ·∇lossₙᵀ] for N examples with L labels. Then the exact Fisher information is the Gauss-Newton matrix of the
 * mean loss, for classes and for texts alike, however a text is cut.
 */
import { WeftError } from '../errors.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../tensor/named.js';
import { flagCrossEntropies } from '../tensor/multi-label-loss.js';
import { areFlags, areTargets, countLabels, requireLogitsOf } from '../tensor/logits.js';
import { softmaxCrossEntropy } from '../tensor/nn.js';
import { squaredErrors } from '../tensor/squared-error.js';
import { type Rng } from '../tensor/rng.js';
import { recordOn } from '../tensor/tape.js';
import { type Scalar, tf, tidy, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { drawClasses, drawNormals, targetDeviation } from './fisher-parts.js';
import { exampleSquares } from './fisher-squares.js';

/**
 * `empirical-sample`: squared gradients of each example's loss with its own labels, over the number of labels.
 * `true-sample`: the same with labels drawn from the model's own distribution, whose expectation is the Fisher
 * information. `batch`: the square of the gradient of the mean loss, as in early code for weight plasticity; near an
 * optimum it is smaller by about the number of labels.
 */
export const FISHER_KINDS = ['empirical-sample', 'true-sample', 'batch'] as const;
export type FisherKind = (typeof FISHER_KINDS)[number];

export interface FisherOptions {
  readonly kind?: FisherKind;
  /** Random numbers for the labels of `true-sample`. */
  readonly rng?: Rng;
}

export interface FisherEstimate {
  /** By parameter, in its shape; owned by the caller. */
  readonly fisher: NamedTensors;
  readonly examples: number;
  /**
   * Parameters whose kernels have no rule for all examples together, so that each example took its own backward pass.
   */
  readonly looped: readonly string[];
}

/**
 * The diagonal of the Fisher information of a classifier on one batch, per label and in nats²; batch statistics count
 * as constants, except for `batch`. Logits [N,K] with labels [N], or for sequences [N,T,K] with [N,T]; outputs [N,K]
 * with targets float32 [N,K], whose squared error is the negative log-likelihood (see `squaredErrors`); logits [N,K]
 * with flags bool [N,K] (Bernoulli).
 *
 * @example
 * const { fisher } = fisherInformation((p) => nn.dense(x, p.kernel, p.bias), params, labels);
 */
export function fisherInformation(
  logits: (parameters: NamedTensors) => Tensor,
  parameters: NamedTensors,
  labels: Tensor,
  { kind = 'empirical-sample', rng }: FisherOptions = {},
): FisherEstimate {
  const examples = labels.shape[0];
  if (kind === 'batch') {
    const { value, gradients } = valueAndGradients(
      (current) => tf.div(tf.sum(exampleLosses(logits(current), labels)), countLabels(labels)) as Scalar,
      parameters,
      { unused: 'zero' },
    );
    value.dispose();
    const fisher = tidy(() => mapNamed(gradients, (gradient) => tf.square(gradient)));
    disposeNamed(gradients);
    return { fisher, examples, looped: [] };
  }
  const labelsFor = (outputs: Tensor): Tensor => (kind === 'true-sample' ? drawLabels(outputs, labels, rng) : labels);
  const { sums, looped } = exampleSquares((current) => {
    const outputs = logits(current);
    return fisherLosses(outputs, labelsFor(outputs));
  }, parameters);
  return { fisher: sums, examples, looped };
}

/**
 * Scales the losses so that Σₙ of their squared gradients is the information per label: one kernel instead of one for
 * each parameter.
 */
export const fisherLosses = (logits: Tensor, labels: Tensor): Tensor1D =>
  tf.div(exampleLosses(logits, labels), Math.sqrt(countLabels(labels)));

/** Cross-entropy of each example [N], the sum over its labels; the squared error of targets. */
function exampleLosses(logits: Tensor, labels: Tensor): Tensor1D {
  if (areTargets(labels)) return squaredErrors(logits, labels);
  if (areFlags(labels)) return tf.mul(flagCrossEntropies(logits, labels), labels.shape[1]!);
  requireLogitsOf(labels, logits);
  if (labels.rank === 1) return softmaxCrossEntropy(logits as Tensor2D, labels as Tensor1D);
  const tokens = softmaxCrossEntropy(tf.reshape(logits, [-1, logits.shape.at(-1)!]), tf.reshape(labels, [-1]));
  return tf.sum(tf.reshape(tokens, [labels.shape[0], -1]), 1);
}

/** Labels drawn from the model: a class from each row's distribution, or targets around the outputs. */
function drawLabels(logits: Tensor, labels: Tensor, rng: Rng | undefined): Tensor {
  if (!rng)
    throw new WeftError(
      'operation',
      'the true Fisher information draws labels, but was given no random stream',
      "pass { kind: 'true-sample', rng: stream(seed, …) }",
    );
  if (areTargets(labels)) {
    const noise = drawNormals(logits.size, rng).map((value) => value * targetDeviation(logits.shape.at(-1)!));
    // Constants: the labels are drawn from the model, but no gradient flows through them.
    return recordOn(undefined, () => tf.add(logits, tf.tensor(noise, logits.shape)));
  }
  if (areFlags(labels)) {
    const holds = tidy(() => tf.sigmoid(logits).dataSync()).map((p) => (rng.uniform() < p ? 1 : 0));
    return tf.tensor(Uint8Array.from(holds), logits.shape, 'bool');
  }
  const probabilities = tidy(() => tf.softmax(logits).dataSync());
  return tf.tensor(drawClasses(probabilities, logits.shape.at(-1)!, rng), logits.shape.slice(0, -1), 'int32');
}
