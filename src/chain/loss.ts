/** What a chain knows about one batch: its loss and gradients at any point, and what else the training can provide. */
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
  /** Gradients of the parameters that the loss depends on; the others, with their state, stay as they are. */
  readonly gradients: NamedTensors;
  /** What the layers saw, if requested. */
  readonly layers?: LayerCapture | undefined;
}

/** Positions of examples in a batch: known in advance, or int32 [n], computed in the step. */
export type Examples = readonly number[] | Tensor1D;

export interface EvaluateOptions {
  /** True once per step, in the first evaluation: only then may batch statistics be recorded. */
  readonly record: boolean;
  /**
   * Positions in the batch of the examples whose mean loss is wanted; all by default. Set only if the context has a
   * `batchSize`.
   */
  readonly examples?: Examples | undefined;
  /**
   * Also capture the layers of this pass; with `skipDense` the gradients of dense layers may be left out, since they
   * are products of what is captured.
   */
  readonly capture?: CaptureOptions | undefined;
}

/**
 * Loss and gradients at the given parameters (borrowed). Pure apart from recording: the same parameters give the same
 * numbers.
 */
export type Evaluate = (parameters: NamedTensors, options: EvaluateOptions) => LossAndGradients;

/** A product with the Hessian and, if it is not exact, why: one line per kernel. The caller owns the product. */
export type HessianTimes = (
  parameters: NamedTensors,
  vector: NamedTensors,
) => Pick<HessianVectorProduct, 'product' | 'reasons'>;

/** What a step knows besides gradients and parameters. */
export interface StepContext {
  /** Global step of the training, from 0: schedules depend on it. */
  readonly step: number;
  /** Seed of the training, for optimizers that draw random numbers. */
  readonly seed?: number | string | undefined;
  /** Factor of a `stepRate` link, if the chain has one, for the update of this step; 1 by default. */
  readonly rate?: number | undefined;
  /** Number of examples in the batch, if the loss can be evaluated on some of them. */
  readonly batchSize?: number | undefined;
  /** Number of labels that the loss is the mean over: one per example, or one per token of sequences. */
  readonly labels?: number | undefined;
  /**
   * The likelihood whose −log p is the loss: of class labels (the default), of independent true-or-false labels, or of
   * normally distributed targets; see `squaredErrors`.
   */
  readonly likelihood?: 'categorical' | 'bernoulli' | 'gaussian' | undefined;
  /** Weights of the examples in the loss [N], or of each of their K labels [N,K], if they are not all equal. */
  readonly weights?: Tensor | undefined;
  /**
   * Loss of each example of the batch [N] (for a sequence, the mean over its tokens) at the given parameters, with
   * dropout and normalization as in `evaluate`.
   */
  readonly exampleLosses?: ((parameters: NamedTensors) => Tensor1D) | undefined;
  /**
   * Hessian of the batch loss at `parameters`, times `vector` (missing names: 0); without it, differences of gradients
   * are used.
   */
  readonly hessianVectorProduct?: HessianTimes | undefined;
  /** The batch's model and loss, for products with its curvature and for what the layers see. */
  readonly cut?: CutLoss | undefined;
}

/** The same function, with a count of the gradients that it has cost, in whole batches. */
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
      cost += options.examples ? countOf(options.examples) / batchSize! : 1;
      return evaluate(parameters, options);
    },
    cost: () => cost,
    charge(gradients) {
      cost += gradients;
    },
  };
}

/** As a tensor. */
export const placesOf = (examples: Examples): Tensor1D =>
  'size' in examples ? examples : tf.tensor1d([...examples], 'int32');

const countOf = (examples: Examples): number => ('size' in examples ? examples.size : examples.length);

/** The sum of all values, a scalar: finite if no value is NaN or infinite. */
export function sumOfAll(tensors: NamedTensors): Scalar {
  const list = Object.values(tensors);
  return tidy(() => (list.length === 0 ? tf.scalar(0) : (tf.addN(list.map((tensor) => tf.sum(tensor))) as Scalar)));
}
