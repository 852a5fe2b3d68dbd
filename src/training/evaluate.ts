/** Evaluates children on given batches. */
import { WeftError } from '../errors.js';
import { type Mode } from '../operations/operation.js';
import { type Child } from '../supernet/child.js';
import { type CompiledNodes } from '../supernet/compiled-nodes.js';
import { forwardTogether } from '../supernet/forward-together.js';
import { type Weights } from '../supernet/parameter-store.js';
import { areFlags, areTargets } from '../tensor/logits.js';
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { type StepResult } from '../tensor/plan/index.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';
import { type BatchSource, type TensorBatch, withBatch } from './batch.js';
import { carrying } from './carried-state.js';
import { labelLosses } from './cross-entropy.js';

export interface Evaluation {
  /** Mean cross-entropy per label in nats; for targets, the mean squared error. */
  readonly loss: number;
  /**
   * Share of labels whose logit is the largest; 0 without a finite loss. Null for regression targets, for which outputs
   * are not simply right or wrong.
   */
  readonly accuracy: number | null;
  /** Number of labels: one per example, or one per token. */
  readonly count: number;
  /** Another measure of a classifier, if requested; 0 without a finite loss. */
  readonly score?: number;
}

/**
 * A measure from 0 to 1 of probabilities in row-major [count, classes] and the true classes [count], or of the
 * probabilities and flags of K labels, both [count, K].
 */
export type Scoring = (probabilities: Float32Array, labels: ArrayLike<number>, classes: number) => number;

/**
 * Shared weights are evaluated with the batch's own statistics: running statistics mix all children and ruin the
 * ranking.
 */
export const SHARED_EVALUATION: Mode = { training: false, normalization: 'batch' };
/** A finished network is evaluated as it will be used: with fixed statistics. */
export const FINAL_EVALUATION: Mode = { training: false, normalization: 'running' };

export interface EvaluationOptions {
  /** Computes a further measure. */
  readonly scoring?: Scoring | undefined;
  /** Compiles passes that repeat; without it they run uncompiled. */
  readonly compiled?: CompiledNodes | undefined;
}

/** Loss and accuracy of the child on one batch; `onLogits` receives its logits, borrowed. */
export function evaluateBatch(
  child: Child,
  weights: Weights,
  batch: TensorBatch,
  mode: Mode,
  {
    compiled,
    onLogits,
  }: Pick<EvaluationOptions, 'compiled'> & { onLogits?: ((logits: Tensor) => void) | undefined } = {},
): Evaluation {
  const seen = (logits: Tensor): Evaluation => {
    onLogits?.(logits);
    return lossAndAccuracy(logits, batch.labels, compiled);
  };
  // Final states of recurrent layers do not leave a compiled pass.
  if (compiled && !mode.carry) return forwardTogether([child], weights, batch.inputs, mode, seen, compiled)[0]!;
  return tidy(() => seen(child.forward(weights.parameters, weights.statistics, batch.inputs, mode)));
}

/**
 * Loss and accuracy of each child on one batch, and the score by `scoring`: the same results as one at a time, in less
 * time.
 */
export function evaluateTogether(
  children: readonly Child[],
  weights: Weights,
  batch: TensorBatch,
  mode: Mode,
  { scoring, compiled }: EvaluationOptions = {},
): Evaluation[] {
  const use = (logits: Tensor): Evaluation => {
    const measured = lossAndAccuracy(logits, batch.labels, compiled);
    if (!scoring) return measured;
    const seen = collector();
    seen.take(logits, batch.labels);
    return { ...measured, score: seen.score(scoring, measured.loss) };
  };
  return forwardTogether(children, weights, batch.inputs, mode, use, compiled);
}

/** Probabilities and labels of several batches. */
function collector(): {
  take(logits: Tensor, labels: Tensor): void;
  score(scoring: Scoring, loss: number): number;
} {
  const probabilities: number[] = [];
  const labels: number[] = [];
  let classes = 0;
  return {
    take(logits, batch) {
      classes = logits.shape.at(-1)!;
      const said = tidy(() => (areFlags(batch) ? tf.sigmoid(logits) : tf.softmax(logits)).dataSync());
      for (const probability of said) probabilities.push(probability);
      for (const label of batch.dataSync()) labels.push(label);
    },
    score: (scoring, loss) => (Number.isFinite(loss) ? scoring(Float32Array.from(probabilities), labels, classes) : 0),
  };
}

function lossAndAccuracy(logits: Tensor, labels: Tensor, compiled?: CompiledNodes): Evaluation {
  const step = (): StepResult<null> => ({ outputs: { means: meansOf(logits, labels) }, fixed: null });
  const isCompiled = compiled?.isWorthwhile({ key: 'loss-and-accuracy' });
  const { outputs } = isCompiled ? compiled!.run(step, { logits, labels }, {}, { key: 'loss-and-accuracy' }) : step();
  const [loss, accuracy = null] = outputs['means']!.dataSync();
  disposeNamed(outputs);
  return { loss: loss!, accuracy, count: accuracy === null ? labels.shape[0] : labels.size };
}

/** Mean loss and, if the labels are classes, the share of correct ones. */
function meansOf(logits: Tensor, labels: Tensor): Tensor {
  return tidy(() => {
    if (areTargets(labels) || areFlags(labels)) return tf.reshape(tf.mean(labelLosses(logits, labels)), [1]);
    const losses = tf.reshape(labelLosses(logits, labels), labels.shape);
    // Among NaN logits the first counts as the largest: a diverged network would be right about the first class.
    const right = tf.logicalAnd(tf.equal(tf.argMax(logits, -1), labels), tf.less(losses, Infinity));
    return tf.stack([tf.mean(losses), tf.mean(tf.cast(right, 'float32'))]);
  });
}

/** The accuracy of a classifier or language model; throws WeftError('operation') for a regression network. */
export function requireAccuracy({ accuracy }: Pick<Evaluation, 'accuracy'>): number {
  if (accuracy !== null) return accuracy;
  throw new WeftError(
    'operation',
    'a network that predicts numbers, or several labels of an example, has no accuracy',
    'use the loss, or data with classes',
  );
}

/**
 * The evaluation of a retrained network; throws WeftError('numeric') if its loss is not finite, because it has
 * diverged.
 */
export function requireFiniteLoss<E extends Pick<Evaluation, 'loss'>>(evaluation: E, network: string, part: string): E {
  if (Number.isFinite(evaluation.loss)) return evaluation;
  throw new WeftError(
    'numeric',
    `${network} has diverged: its loss on the ${part} part is ${evaluation.loss}`,
    'lower the learning rate, or clip the gradient (clipNorm)',
  );
}

/**
 * Loss and accuracy over the first `steps` batches of the source's epoch 0, each label counted once. If batches
 * continue each other, so does the state of recurrent layers, from zeros. The score by `scoring` is computed over all
 * examples together.
 */
export function evaluateChild(
  child: Child,
  weights: Weights,
  source: BatchSource,
  mode: Mode,
  steps: number = source.steps,
  { scoring, compiled }: EvaluationOptions = {},
): Evaluation {
  const seen = scoring && collector();
  let loss = 0;
  let correct: number | null = 0;
  let count = 0;
  let state: NamedTensors = {};
  try {
    for (let step = 0; step < steps; step++) {
      const { result, next } = carrying(source, state, mode, (through) =>
        withBatch(source, 0, step, (batch) =>
          evaluateBatch(child, weights, batch, through, {
            compiled,
            onLogits: seen && ((logits) => seen.take(logits, batch.labels)),
          }),
        ),
      );
      disposeNamed(state);
      state = next;
      loss += result.loss * result.count;
      correct = correct === null || result.accuracy === null ? null : correct + result.accuracy * result.count;
      count += result.count;
    }
  } finally {
    disposeNamed(state);
  }
  const mean = loss / count;
  return {
    loss: mean,
    accuracy: correct === null ? null : correct / count,
    count,
    ...(seen && { score: seen.score(scoring, mean) }),
  };
}
