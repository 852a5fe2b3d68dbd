/** One step of one child: loss, gradients, optimizer; only the child's own weights change. */
import { WeftError } from '../errors.js';
import { type Mode } from '../operations/operation.js';
import { type Evaluate, type Trainer } from '../optimizers/trainer.js';
import { type OptimizerState, replaceState } from '../optimizers/transform.js';
import { type Child } from '../supernet/child.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { capturedGradients, type CutLoss } from '../tensor/second-order/index.js';
import { type Scalar, type Tensor, type Tensor1D, tf, tidy } from '../tensor/tf.js';
import { type TensorBatch } from './batch.js';
import { labelCrossEntropies } from './cross-entropy.js';

export interface TrainStepInput {
  readonly child: Child;
  readonly store: ParameterStore;
  readonly trainer: Trainer;
  readonly state: OptimizerState;
  readonly batch: TensorBatch;
  readonly mode: Mode;
  /** Global step, for schedules. */
  readonly step: number;
}

export interface TrainStepResult {
  /** The new state; the old one's replaced tensors are already disposed. */
  readonly state: OptimizerState;
  /** Mean cross-entropy of the batch before the step, in nats. */
  readonly loss: number;
  readonly gradientEvaluations: number;
  /** What the optimizer has to tell; `skipped` is 1 when a gradient was no number and nothing moved. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Remarks of the optimizer for whoever reads the run. */
  readonly notes: readonly string[];
}

/** Trains the child on the batch and puts its new weights into the store; throws WeftError('numeric') on a loss that is no number. */
export function trainStep({ child, store, trainer, state, batch, mode, step }: TrainStepInput): TrainStepResult {
  const active = pickNamed(store.parameters, child.parameterNames);
  const { record: _record, carry: _carry, ...unrecorded } = mode;
  const evaluate: Evaluate = (parameters, { record, examples, capture }) => {
    const how = record ? mode : unrecorded;
    // Inside the gradient's tidy, which disposes what is chosen.
    const chosen = (): [TensorBatch, Mode] => (examples ? [chooseExamples(batch, examples), { ...how, state: how.state && mapNamed(how.state, (state) => take(state, examples)) }] : [batch, how]);
    if (capture) {
      const { value, gradients, layers } = tidy(() => capturedGradients(cutLoss(child, store.statistics, ...chosen()), parameters, capture));
      return { loss: value, gradients, layers };
    }
    const { value, gradients } = valueAndGradients((current) => crossEntropy(child, current, store.statistics, ...chosen()), parameters);
    return { loss: value, gradients };
  };
  const result = trainer.step(evaluate, active, state, {
    step,
    seed: mode.seed,
    batchSize: batch.labels.shape[0],
    exampleLosses: (parameters) => tidy(() => exampleCrossEntropies(child, parameters, store.statistics, batch, unrecorded)),
    cut: cutLoss(child, store.statistics, batch, unrecorded),
  });
  if (!Number.isFinite(result.loss)) {
    tf.dispose(Object.values(result.parameters));
    replaceState(result.state, state);
    throw new WeftError('numeric', `the loss of ${child.encoding} became ${result.loss} at step ${step}`, 'lower the learning rate, or clip the gradient (clipNorm)');
  }
  store.assign(result.parameters);
  return { state: replaceState(state, result.state), loss: result.loss, gradientEvaluations: result.gradientEvaluations, metrics: result.metrics, notes: result.notes ?? [] };
}

/** Mean cross-entropy of the child's logits on the batch, a scalar in nats: per example, or per token of sequences. */
export function crossEntropy(child: Child, parameters: NamedTensors, statistics: NamedTensors, batch: TensorBatch, mode: Mode): Scalar {
  return tf.mean(labelCrossEntropies(child.forward(parameters, statistics, batch.inputs, mode), batch.labels));
}

/** The child's logits as a function of its weights, and their mean cross-entropy. */
function cutLoss(child: Child, statistics: NamedTensors, { inputs, labels }: TensorBatch, mode: Mode): CutLoss {
  return {
    outputs: (parameters) => child.forward(parameters, statistics, inputs, mode),
    loss: (logits) => tf.mean(labelCrossEntropies(logits, labels)),
  };
}

/** Cross-entropy of each example [N] in nats; of a sequence the mean over its tokens. */
function exampleCrossEntropies(child: Child, parameters: NamedTensors, statistics: NamedTensors, batch: TensorBatch, mode: Mode): Tensor1D {
  const losses = labelCrossEntropies(child.forward(parameters, statistics, batch.inputs, mode), batch.labels);
  return batch.labels.rank === 1 ? losses : tf.mean(tf.reshape(losses, [batch.labels.shape[0], -1]), 1);
}

/** The examples at these places. */
function chooseExamples({ inputs, labels }: TensorBatch, examples: readonly number[]): TensorBatch {
  return { inputs: take(inputs, examples), labels: take(labels, examples) };
}

const take = (x: Tensor, places: readonly number[]): Tensor => tf.gather(x, tf.tensor1d([...places], 'int32'));
