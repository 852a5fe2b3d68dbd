/** One step of one child, or of several that share a loss: loss, gradients, optimizer; only their own weights change. */
import { WeftError } from '../errors.js';
import { type Mode } from '../operations/operation.js';
import { type Evaluate, type Trainer } from '../chain/trainer.js';
import { difference, plusScaled, scaled } from '../chain/named-arithmetic.js';
import { type OptimizerState, replaceState } from '../chain/transform.js';
import { type Child, namesOf } from '../supernet/child.js';
import { type ParameterStore } from '../supernet/parameter-store.js';
import { valueAndGradients } from '../tensor/autodiff.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../tensor/named.js';
import { capturedGradients, type CutLoss, hvp } from '../tensor/second-order/index.js';
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
  /** Other children that learn from the same batch: the loss is (1 - Σ weights) of the child's plus these shares of theirs. */
  readonly others?: readonly { readonly child: Child; readonly weight: number }[] | undefined;
  /** How much of each label goes to all classes alike; 0 by default. */
  readonly smoothing?: number | undefined;
  /** What is done to the gradients and to the step besides the optimizer. */
  readonly beside?: Beside | undefined;
}

/** Forces on the weights that no optimizer scales, clips or perturbs through. */
export interface Beside {
  /** Joins the gradients before the optimizer sees them; only for what is defined that way. */
  lossGradient?(parameters: NamedTensors): NamedTensors | undefined;
  /** New values of some of the weights, from those before and after the optimizer's step; owned by who asks. */
  settle?(movement: { before: NamedTensors; after: NamedTensors; learningRate: number }): NamedTensors;
}

export interface TrainStepResult {
  /** The new state; the old one's replaced tensors are already disposed. */
  readonly state: OptimizerState;
  /** Mean cross-entropy of the child on the batch before the step, in nats; that of the smoothed labels where they are smoothed. */
  readonly loss: number;
  readonly gradientEvaluations: number;
  /** What the optimizer has to tell; `skipped` is 1 when a gradient was no number and nothing moved. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Remarks of the optimizer for whoever reads the run. */
  readonly notes: readonly string[];
}

/** Trains the child on the batch and puts its new weights into the store; throws WeftError('numeric') on a loss that is no number. */
export function trainStep({
  child,
  store,
  trainer,
  state,
  batch,
  mode,
  step,
  others = [],
  smoothing,
  beside = {},
}: TrainStepInput): TrainStepResult {
  const active = pickNamed(store.parameters, namesOf([child, ...others.map((other) => other.child)]));
  const { record: _record, carry: _carry, ...unrecorded } = mode;
  /** The child's own loss, where the optimizer's is one of several children. */
  let own: number | undefined;
  /** The loss that is differentiated, and the child's own part of it. */
  const lossAt = (current: NamedTensors, part: TensorBatch, way: Mode): { loss: Scalar; first: Scalar } => {
    const first = crossEntropy(child, current, store.statistics, part, way, smoothing);
    if (others.length === 0) return { loss: first, first };
    // States and statistics are the child's alone.
    const { record: _r, carry: _c, ...silent } = way;
    const share = 1 - others.reduce((sum, { weight }) => sum + weight, 0);
    const parts = others.map((other) =>
      tf.mul(crossEntropy(other.child, current, store.statistics, part, silent, smoothing), other.weight),
    );
    return { loss: tf.addN([tf.mul(first, share), ...parts]) as Scalar, first };
  };
  const evaluate: Evaluate = (parameters, { record, examples, capture }) => {
    const how = record ? mode : unrecorded;
    // Inside the gradient's tidy, which disposes what is chosen.
    const chosen = (): [TensorBatch, Mode] =>
      examples
        ? [
            chooseExamples(batch, examples),
            { ...how, state: how.state && mapNamed(how.state, (state) => take(state, examples)) },
          ]
        : [batch, how];
    const forced = (gradients: NamedTensors): NamedTensors => withForce(gradients, beside.lossGradient?.(parameters));
    if (capture) {
      if (others.length > 0)
        throw new WeftError(
          'unsupported',
          'a preconditioner that looks into the layers cannot train several architectures in one step',
          'take another preconditioner, or a regularizer without replay',
        );
      // A force joins a gradient, so none may be left out.
      const whole = { ...capture, skipDense: false };
      const { value, gradients, layers } = tidy(() =>
        capturedGradients(
          cutLoss(child, store.statistics, ...chosen(), smoothing),
          parameters,
          beside.lossGradient ? whole : capture,
        ),
      );
      return { loss: value, gradients: forced(gradients), layers };
    }
    if (others.length === 0) {
      const { value, gradients } = valueAndGradients((current) => lossAt(current, ...chosen()).loss, parameters);
      return { loss: value, gradients: forced(gradients) };
    }
    const { value, gradients, aux } = valueAndGradients((current) => {
      const { loss, first } = lossAt(current, ...chosen());
      return { loss, aux: { first } };
    }, parameters);
    own ??= aux.first.dataSync()[0]!;
    aux.first.dispose();
    return { loss: value, gradients: forced(gradients) };
  };
  const result = trainer.step(evaluate, active, state, {
    step,
    seed: mode.seed,
    batchSize: batch.labels.shape[0],
    labels: batch.labels.size,
    exampleLosses: (parameters) =>
      tidy(() => exampleCrossEntropies(child, parameters, store.statistics, batch, unrecorded, smoothing)),
    hessianVectorProduct: (parameters, vector) =>
      tidy(() => {
        const { product, reasons } = hvp((current) => lossAt(current, batch, unrecorded).loss, parameters, vector, {
          onUnverified: 'difference',
        });
        const force = beside.lossGradient && forceTimes(beside.lossGradient, parameters, vector);
        return { product: force ? plusScaled(product, 1, force) : product, reasons };
      }),
    ...(others.length === 0 && { cut: cutLoss(child, store.statistics, batch, unrecorded, smoothing) }),
  });
  if (!Number.isFinite(result.loss)) {
    tf.dispose(Object.values(result.parameters));
    replaceState(result.state, state);
    throw new WeftError(
      'numeric',
      `the loss of ${child.encoding} became ${result.loss} at step ${step}`,
      'lower the learning rate, or clip the gradient (clipNorm)',
    );
  }
  const settled =
    beside.settle?.({ before: active, after: result.parameters, learningRate: trainer.learningRate(step) }) ?? {};
  disposeNamed(pickNamed(result.parameters, Object.keys(settled)));
  store.assign({ ...result.parameters, ...settled });
  return {
    state: replaceState(state, result.state),
    loss: own ?? result.loss,
    gradientEvaluations: result.gradientEvaluations * (1 + others.length),
    metrics: result.metrics,
    notes: result.notes ?? [],
  };
}

/** The gradients with what else pulls at some of the weights; takes over both. */
function withForce(gradients: NamedTensors, force: NamedTensors | undefined): NamedTensors {
  if (!force) return gradients;
  const pulled = tidy(() =>
    Object.fromEntries(
      Object.keys(force)
        .filter((name) => gradients[name])
        .map((name) => [name, tf.add(gradients[name]!, force[name]!)]),
    ),
  );
  disposeNamed(force);
  disposeNamed(pickNamed(gradients, Object.keys(pulled)));
  return { ...gradients, ...pulled };
}

/** How the force changes along the vector. It is linear in the weights, the gradient of a quadratic penalty, so that a difference is exact. */
function forceTimes(
  force: NonNullable<Beside['lossGradient']>,
  parameters: NamedTensors,
  vector: NamedTensors,
): NamedTensors | undefined {
  const [ahead, behind] = [1, -1].map((sign) => force(plusScaled(parameters, sign, vector)));
  return ahead && behind && scaled(difference(ahead, behind), 1 / 2);
}

/** Mean cross-entropy of the child's logits on the batch, a scalar in nats: per example, or per token of sequences. */
export function crossEntropy(
  child: Child,
  parameters: NamedTensors,
  statistics: NamedTensors,
  batch: TensorBatch,
  mode: Mode,
  smoothing?: number,
): Scalar {
  return tf.mean(
    labelCrossEntropies(child.forward(parameters, statistics, batch.inputs, mode), batch.labels, smoothing),
  );
}

/** The child's logits as a function of its weights, and their mean cross-entropy. */
function cutLoss(
  child: Child,
  statistics: NamedTensors,
  { inputs, labels }: TensorBatch,
  mode: Mode,
  smoothing?: number,
): CutLoss {
  return {
    outputs: (parameters) => child.forward(parameters, statistics, inputs, mode),
    loss: (logits) => tf.mean(labelCrossEntropies(logits, labels, smoothing)),
  };
}

/** Cross-entropy of each example [N] in nats; of a sequence the mean over its tokens. */
function exampleCrossEntropies(
  child: Child,
  parameters: NamedTensors,
  statistics: NamedTensors,
  batch: TensorBatch,
  mode: Mode,
  smoothing?: number,
): Tensor1D {
  const losses = labelCrossEntropies(
    child.forward(parameters, statistics, batch.inputs, mode),
    batch.labels,
    smoothing,
  );
  return batch.labels.rank === 1 ? losses : tf.mean(tf.reshape(losses, [batch.labels.shape[0], -1]), 1);
}

/** The examples at these places. */
function chooseExamples({ inputs, labels }: TensorBatch, examples: readonly number[]): TensorBatch {
  return { inputs: take(inputs, examples), labels: take(labels, examples) };
}

const take = (x: Tensor, places: readonly number[]): Tensor => tf.gather(x, tf.tensor1d([...places], 'int32'));
