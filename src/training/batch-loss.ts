/** The loss of one batch as a function of the weights of one child, or of several that learn from it together. */
import { WeftError } from '../errors.js';
import { type Mode } from '../operations/operation.js';
import { type Evaluate, type Examples, type LossAndGradients, placesOf, type StepContext } from '../chain/loss.js';
import { type Child } from '../supernet/child.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { areFlags, areTargets, countLabels } from '../tensor/logits.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { capturedGradients, type CutLoss, hvp } from '../tensor/second-order/index.js';
import { type Scalar, type Tensor, type Tensor1D, tf, tidy } from '../tensor/tf.js';
import { partOfBatch, type TensorBatch } from './batch.js';
import { type SharedGradients, type WithLogits } from './shared-gradients.js';
import { labelLosses } from './cross-entropy.js';
import { type Distillation } from './distill.js';
import {
  type CompiledChildren,
  gradientsTogether,
  type PartOfLoss,
  partsOfLoss,
  sumOfParts,
  type Together,
} from './together.js';

export interface BatchLossOptions {
  readonly child: Child;
  readonly statistics: NamedTensors;
  readonly batch: TensorBatch;
  readonly mode: Mode;
  /**
   * Other children that learn from the same batch: the loss is (1 - Σ weights) times the child's plus these shares of
   * theirs.
   */
  readonly others?: readonly { readonly child: Child; readonly weight: number }[] | undefined;
  /** What the others learn: the labels by default, or the child's outputs. */
  readonly distill?: Distillation | undefined;
  /** Whether dropout and the like act on the others too; true by default. */
  readonly othersTrain?: boolean | undefined;
  /** Whose layers a preconditioner sees if others learn too; without it such steps are refused. */
  readonly layersOf?: 'child' | undefined;
  /** Computes the gradients of the supernet's children by one function; without it the child is run on its own. */
  readonly shared?: SharedGradients | undefined;
  /**
   * Computes the gradients of children that learn together, each compiled if it repeats; without it they run
   * uncompiled.
   */
  readonly children?: CompiledChildren | undefined;
  /** The share of each label that is spread over all classes; 0 by default. */
  readonly smoothing?: number | undefined;
  /** Called once with the results of the step's first pass over the whole batch; all are borrowed. */
  readonly observe?: BatchObserver | undefined;
  /** Weights that get no gradient, so that neither they nor their state change. */
  readonly still?: ((name: string) => boolean) | undefined;
}

export interface BatchObserver {
  gradients?(gradients: NamedTensors): void;
  /** Not used if a preconditioner captures the layers of the pass. */
  outputs?(logits: Tensor, labels: Tensor): void;
}

export interface BatchLoss {
  readonly evaluate: Evaluate;
  /** What else a chain may request for the batch. */
  readonly context: Omit<StepContext, 'step'>;
  /** The loss of the child and of each of the others in the first evaluation; undefined if there are no others. */
  losses(): readonly number[] | undefined;
}

/** The loss of a batch for a chain: batch, dropout masks and children are the same in every evaluation. */
export function batchLoss({
  child,
  statistics,
  batch,
  mode,
  others = [],
  distill,
  othersTrain = true,
  layersOf,
  smoothing,
  shared,
  children,
  still,
  observe,
}: BatchLossOptions): BatchLoss {
  const { record: _record, carry: _carry, ...unrecorded } = mode;
  let losses: readonly number[] | undefined;
  const together: Together = { child, others, distill, othersTrain, statistics, smoothing, compiled: children };
  /** The loss that is differentiated, and the child's logits. */
  const lossAt = (current: NamedTensors, part: TensorBatch, way: Mode): { loss: Scalar; logits: Tensor } => {
    const parts = partsOfLoss(together, current, part, way);
    const [{ loss: own, logits }] = parts as [PartOfLoss];
    return { loss: others.length === 0 ? own : sumOfParts(parts), logits };
  };
  /** Loss and gradients of all children together, and the loss of each. */
  const ofAll = (parameters: NamedTensors, chosen: () => [TensorBatch, Mode]): LossAndGradients =>
    tidy(() => {
      const { losses: own, ...found } = gradientsTogether(together, parameters, ...chosen());
      losses ??= own;
      return found;
    });
  const loss: BatchLoss = {
    losses: () => losses,
    evaluate(parameters, { record, examples, capture }) {
      const how = record ? mode : unrecorded;
      // Inside the gradient's tidy, which disposes the selected examples.
      const chosen = (): [TensorBatch, Mode] =>
        examples
          ? [
              chooseExamples(batch, examples),
              { ...how, state: how.state && mapNamed(how.state, (state) => take(state, examples)) },
            ]
          : [batch, how];
      if (capture) {
        if (others.length > 0 && layersOf !== 'child')
          throw new WeftError(
            'unsupported',
            'a preconditioner that captures layers cannot train several architectures in one step',
            'use another preconditioner, or a regularizer without replay',
          );
        if (others.length === 0) {
          const { value, gradients, layers } = tidy(() =>
            capturedGradients(cutLoss(child, statistics, ...chosen(), smoothing), parameters, capture),
          );
          return { loss: value, gradients, layers };
        }
        // The layers are the child's, the gradients those of all: none may be left out.
        const { value, gradients, layers } = tidy(() => {
          const [part, { record: _r, carry: _c, ...silent }] = chosen();
          return capturedGradients(cutLoss(child, statistics, part, silent, smoothing), parameters);
        });
        tf.dispose([value, gradients]);
        return { ...ofAll(parameters, chosen), layers };
      }
      if (others.length === 0) {
        const see = examples ? undefined : observe?.outputs;
        const asItIs = (): WithLogits => {
          if (!see) {
            const { value, gradients } = valueAndGradients((current) => lossAt(current, ...chosen()).loss, parameters);
            return { loss: value, gradients };
          }
          const { value, gradients, aux } = valueAndGradients((current) => {
            const { loss, logits } = lossAt(current, ...chosen());
            return { loss, aux: { logits: tf.clone(logits) } };
          }, parameters);
          return { loss: value, gradients, logits: aux.logits };
        };
        const { logits, ...found } = shared && !examples ? shared.of(child, parameters, batch, how, asItIs) : asItIs();
        if (logits) {
          if (record) see?.(logits, batch.labels);
          logits.dispose();
        }
        return found;
      }
      return ofAll(parameters, chosen);
    },
    context: {
      seed: mode.seed,
      batchSize: batch.labels.shape[0],
      labels: countLabels(batch.labels),
      ...(batch.weights && { weights: batch.weights }),
      ...(areTargets(batch.labels) && { likelihood: 'gaussian' as const }),
      ...(areFlags(batch.labels) && { likelihood: 'bernoulli' as const }),
      exampleLosses: (parameters) =>
        tidy(() => exampleLosses(child, parameters, statistics, batch, unrecorded, smoothing)),
      hessianVectorProduct: (parameters, vector) =>
        hvp((current) => lossAt(current, batch, unrecorded).loss, parameters, vector, { onUnverified: 'difference' }),
      ...(others.length === 0 && { cut: cutLoss(child, statistics, batch, unrecorded, smoothing) }),
    },
  };
  if (!still && !observe?.gradients) return loss;
  return {
    ...loss,
    evaluate(parameters, options) {
      const found = loss.evaluate(parameters, options);
      if (options.record && !options.examples) observe?.gradients?.(found.gradients);
      return still ? without(still, found) : found;
    },
  };
}

/** The same without the gradients of untrained weights. */
function without(still: (name: string) => boolean, { gradients, ...found }: LossAndGradients): LossAndGradients {
  const names = Object.keys(gradients);
  disposeNamed(pickNamed(gradients, names.filter(still)));
  return {
    ...found,
    gradients: pickNamed(
      gradients,
      names.filter((name) => !still(name)),
    ),
  };
}

/**
 * Mean loss of the child's outputs on the batch, a scalar: cross-entropy in nats per example, or per token of
 * sequences; the squared error of targets.
 */
export function meanLoss(
  child: Child,
  parameters: NamedTensors,
  statistics: NamedTensors,
  batch: TensorBatch,
  mode: Mode,
  smoothing?: number,
): Scalar {
  return tf.mean(
    labelLosses(child.forward(parameters, statistics, batch.inputs, mode), batch.labels, smoothing, batch.weights),
  );
}

/** The child's outputs as a function of its weights, and their mean loss. */
function cutLoss(
  child: Child,
  statistics: NamedTensors,
  { inputs, labels, weights }: TensorBatch,
  mode: Mode,
  smoothing?: number,
): CutLoss {
  return {
    outputs: (parameters) => child.forward(parameters, statistics, inputs, mode),
    loss: (logits) => tf.mean(labelLosses(logits, labels, smoothing, weights)),
  };
}

/** Loss of each example [N]; of a sequence the mean over its tokens. */
function exampleLosses(
  ...[child, parameters, statistics, batch, mode, smoothing]: Parameters<typeof meanLoss>
): Tensor1D {
  const losses = labelLosses(
    child.forward(parameters, statistics, batch.inputs, mode),
    batch.labels,
    smoothing,
    batch.weights,
  );
  return batch.labels.rank === 1 || areTargets(batch.labels) || areFlags(batch.labels)
    ? losses
    : tf.mean(tf.reshape(losses, [batch.labels.shape[0], -1]), 1);
}

/** The examples at these places. */
function chooseExamples(batch: TensorBatch, examples: Examples): TensorBatch {
  return partOfBatch(batch, (tensor) => take(tensor, examples));
}

const take = (x: Tensor, examples: Examples): Tensor => tf.gather(x, placesOf(examples));
