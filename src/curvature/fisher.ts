/**
 * Fisher information, its diagonal: how much a model's output distribution changes with each weight.
 */
import { WeftError } from '../errors.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../tensor/named.js';
import { softmaxCrossEntropy } from '../tensor/nn.js';
import { type Rng } from '../tensor/rng.js';
import { tf, tidy, type Tensor, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
import { drawClasses } from './fisher-parts.js';
import { exampleSquares } from './fisher-squares.js';

/**
 * `empirical-sample`: mean of the squared gradients of each example's loss with its own label. `true-sample`: the same with a
 * label drawn from the model's own distribution, whose expectation is the Fisher information. `batch`: the square of the
 * mean gradient, as early code of weight plasticity has it; near an optimum it is smaller by about the number of examples.
 */
export const FISHER_KINDS = ['empirical-sample', 'true-sample', 'batch'] as const;
export type FisherKind = (typeof FISHER_KINDS)[number];

export interface FisherOptions {
  readonly kind?: FisherKind;
  /** Draws the labels of `true-sample`. */
  readonly rng?: Rng;
}

export interface FisherEstimate {
  /** By parameter, of its shape; owned by the caller. */
  readonly fisher: NamedTensors;
  readonly examples: number;
  /** Parameters whose kernels have no rule for all examples at once, so that each example took a backward pass. */
  readonly looped: readonly string[];
}

/**
 * The diagonal of the Fisher information of a classifier on one batch, per example and in nats²; batch statistics
 * count as constants, but for `batch`. Logits [N,K] with labels [N], or of sequences [N,T,K] with [N,T]: there an example's loss is the mean over its tokens.
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
      (current) => tf.mean(exampleLosses(logits(current), labels)),
      parameters,
      { unused: 'zero' },
    );
    value.dispose();
    const fisher = tidy(() => mapNamed(gradients, (gradient) => tf.square(gradient)));
    disposeNamed(gradients);
    return { fisher, examples, looped: [] };
  }
  const labelsFor = (outputs: Tensor): Tensor => (kind === 'true-sample' ? drawLabels(outputs, rng) : labels);
  // Losses over the root of N instead of squares over N: one kernel and not one a parameter.
  const { sums, looped } = exampleSquares((current) => {
    const outputs = logits(current);
    return tf.div(exampleLosses(outputs, labelsFor(outputs)), Math.sqrt(examples));
  }, parameters);
  return { fisher: sums, examples, looped };
}

/** Cross-entropy of each example [N]. */
function exampleLosses(logits: Tensor, labels: Tensor): Tensor1D {
  if (labels.rank === 1) return softmaxCrossEntropy(logits as Tensor2D, labels as Tensor1D);
  const tokens = softmaxCrossEntropy(tf.reshape(logits, [-1, logits.shape.at(-1)!]), tf.reshape(labels, [-1]));
  return tf.mean(tf.reshape(tokens, [labels.shape[0], -1]), 1);
}

/** A class of each row's own distribution. */
function drawLabels(logits: Tensor, rng: Rng | undefined): Tensor {
  if (!rng)
    throw new WeftError(
      'operation',
      'the true Fisher information draws labels, and was given no random stream',
      "pass { kind: 'true-sample', rng: stream(seed, …) }",
    );
  const probabilities = tidy(() => tf.softmax(logits).dataSync());
  return tf.tensor(drawClasses(probabilities, logits.shape.at(-1)!, rng), logits.shape.slice(0, -1), 'int32');
}
