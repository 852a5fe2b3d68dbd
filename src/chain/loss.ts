/** What a chain knows of one batch: its loss and gradients anywhere, and what else the training can give. */
import { WeftError } from '../errors.js';
import { type NamedTensors } from '../tensor/named.js';
import {
  type CaptureOptions,
  type CutLoss,
  type HessianVectorProduct,
  type LayerCapture,
} from '../tensor/second-order/index.js';
import { type Scalar, type Tensor, tf, tidy, type Tensor1D } from '../tensor/tf.js';

/** The caller owns it. */
export interface LossAndGradients {
  readonly loss: Scalar;
  /** Gradients of the parameters that the loss depends on; the others neither move nor age. */
  readonly gradients: NamedTensors;
  /** What the layers saw, where that was asked for. */
  readonly layers?: LayerCapture | undefined;
}

export interface EvaluateOptions {
  /** True once a step, in the first evaluation: only then may batch statistics be recorded. */
  readonly record: boolean;
  /** Places in the batch of the examples whose mean loss is wanted; all by default. Asked for only where the context has a `batchSize`. */
  readonly examples?: readonly number[] | undefined;
  /** Ask for the layers of this pass too; with `skipDense` the gradients of dense layers may be left out, being products of them. */
  readonly capture?: CaptureOptions | undefined;
}

/** Loss and gradients at the given parameters (borrowed). Pure but for recording: the same parameters give the same numbers. */
export type Evaluate = (parameters: NamedTensors, options: EvaluateOptions) => LossAndGradients;

/** A product with the Hessian, and why it is not exact, where it is not: one line per kernel. The caller owns the product. */
export type HessianTimes = (
  parameters: NamedTensors,
  vector: NamedTensors,
) => Pick<HessianVectorProduct, 'product' | 'reasons'>;

/** What a step knows besides gradients and parameters. */
export interface StepContext {
  /** Global step of the training, from 0: schedules depend on it. */
  readonly step: number;
  /** Names the random draws of this training, for optimizers that need some. */
  readonly seed?: number | string | undefined;
  /** By how much the update of this step is multiplied, where a `stepRate` link is in the chain; 1 by default. */
  readonly rate?: number | undefined;
  /** Examples in the batch, where the loss can be evaluated on a part of them. */
  readonly batchSize?: number | undefined;
  /** Labels that the loss is the mean of: one for each example, or one for each token of sequences. */
  readonly labels?: number | undefined;
  /** What the loss is −log p of: class labels (the default), labels that each hold or do not, or targets about which the outputs are normal; see `squaredErrors`. */
  readonly likelihood?: 'categorical' | 'bernoulli' | 'gaussian' | undefined;
  /** By how much each example counts in the loss [N], or each of its K answers [N,K], where not all count alike. */
  readonly weights?: Tensor | undefined;
  /** Loss of each example of the batch [N] (of a sequence the mean over its tokens) at the given parameters, dropout and normalization as in `evaluate`. */
  readonly exampleLosses?: ((parameters: NamedTensors) => Tensor1D) | undefined;
  /** Hessian of the batch loss at `parameters`, times `vector` (missing names: 0); without it, differences of gradients serve. */
  readonly hessianVectorProduct?: HessianTimes | undefined;
  /** The batch's model and loss, for products with its curvature and for what the layers see. */
  readonly cut?: CutLoss | undefined;
}

/** The same function, with a count of the gradients it has cost in whole batches. */
export function metered(
  evaluate: Evaluate,
  { batchSize }: StepContext,
): { evaluate: Evaluate; cost(): number; charge(gradients: number): void } {
  let cost = 0;
  return {
    evaluate(parameters, options) {
      if (options.examples && batchSize === undefined) {
        throw new WeftError(
          'unsupported',
          'this loss cannot be evaluated on a part of the batch',
          'use an optimizer without shards or selected examples here',
        );
      }
      cost += options.examples ? options.examples.length / batchSize! : 1;
      return evaluate(parameters, options);
    },
    cost: () => cost,
    charge(gradients) {
      cost += gradients;
    },
  };
}

/** The sum of all values, a scalar: finite where no value is NaN or infinite. */
export function sumOfAll(tensors: NamedTensors): Scalar {
  const list = Object.values(tensors);
  return tidy(() => (list.length === 0 ? tf.scalar(0) : (tf.addN(list.map((tensor) => tf.sum(tensor))) as Scalar)));
}
