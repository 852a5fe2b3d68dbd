/**
 * Fisher information, its diagonal: how much a model's output distribution changes with each weight.
 */
import { WeftError } from '../errors.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../tensor/named.js';
import { softmaxCrossEntropy } from '../tensor/nn.js';
import { type Rng } from '../tensor/rng.js';
import { tf, tidy, type Tensor1D, type Tensor2D } from '../tensor/tf.js';
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
 * count as constants, but for `batch`.
 *
 * @example
 * const { fisher } = fisherInformation((p) => nn.dense(x, p.kernel, p.bias), params, labels);
 */
export function fisherInformation(
  logits: (parameters: NamedTensors) => Tensor2D, parameters: NamedTensors, labels: Tensor1D, { kind = 'empirical-sample', rng }: FisherOptions = {},
): FisherEstimate {
  const examples = labels.size;
  if (kind === 'batch') {
    const { value, gradients } = valueAndGradients((current) => tf.mean(softmaxCrossEntropy(logits(current), labels)), parameters, { unused: 'zero' });
    value.dispose();
    const fisher = tidy(() => mapNamed(gradients, (gradient) => tf.square(gradient)));
    disposeNamed(gradients);
    return { fisher, examples, looped: [] };
  }
  const labelsFor = (outputs: Tensor2D): Tensor1D => (kind === 'true-sample' ? drawLabels(outputs, rng) : labels);
  const { sums, looped } = exampleSquares((current) => {
    const outputs = logits(current);
    return softmaxCrossEntropy(outputs, labelsFor(outputs));
  }, parameters);
  const fisher = tidy(() => mapNamed(sums, (sum) => tf.div(sum, examples)));
  disposeNamed(sums);
  return { fisher, examples, looped };
}

/** A class of each row's own distribution. */
function drawLabels(logits: Tensor2D, rng: Rng | undefined): Tensor1D {
  if (!rng) throw new WeftError('operation', 'the true Fisher information draws labels, and was given no random stream', "pass { kind: 'true-sample', rng: stream(seed, …) }");
  const [examples, classes] = logits.shape;
  const probabilities = tidy(() => tf.softmax(logits).dataSync());
  return tf.tensor1d(Int32Array.from({ length: examples }, (_, n) => rng.categorical(probabilities.subarray(n * classes, (n + 1) * classes))), 'int32');
}
