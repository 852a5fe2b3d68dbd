/**
 * One step of training as a function of the loss. An optimizer that needs more than one gradient a step (sharpness-aware
 * ones, estimates of curvature) asks for it by calling `evaluate` again, so the second pass cannot be forgotten, and batch,
 * dropout masks and child are held fixed by the closure.
 */
import { WeftError } from '../errors.js';
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { type CaptureOptions, type LayerCapture } from '../tensor/second-order/index.js';
import { type Scalar, tf, tidy } from '../tensor/tf.js';
import { type Schedule } from './schedule.js';
import { type Optimizer, type OptimizerState, step, type StepContext } from './transform.js';

/** Owned by whoever asked for it. */
export interface LossAndGradients {
  readonly loss: Scalar;
  /** Gradients of the parameters that the loss depends on; the others neither move nor age. */
  readonly gradients: NamedTensors;
  /** An estimate per coordinate that wrappers hand to their base along with the gradients: curvature, or second moments. */
  readonly diagonal?: NamedTensors | undefined;
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

export interface TrainerStep {
  /** New values of the parameters that have moved; owned by the caller. */
  readonly parameters: NamedTensors;
  /** The new state; its changed tensors are owned by the caller (see `replaceState`). */
  readonly state: OptimizerState;
  /** Loss before the step. */
  readonly loss: number;
  /** Gradients that this step has cost, in whole batches. */
  readonly gradientEvaluations: number;
  /** What the optimizer has to tell: `learningRate`, `gradientNorm`, `skipped` (1 if a gradient was not finite and nothing moved). */
  readonly metrics: Readonly<Record<string, number>>;
  /** Remarks for whoever reads the run; the same text may come every step. */
  readonly notes?: readonly string[] | undefined;
}

export interface Trainer {
  readonly name: string;
  /** Gradients of a whole batch that one step costs, on average. */
  readonly gradientEvaluations: number;
  readonly learningRate: Schedule;
  /** One step on the active parameters. Arguments are borrowed. */
  step(evaluate: Evaluate, parameters: NamedTensors, state: OptimizerState, context: StepContext): TrainerStep;
  /**
   * The weights to evaluate and to export where they are not the trained ones (averages, schedule-free), by the names of
   * `parameters`; owned by the caller. Running batch statistics belong to the trained weights: re-estimate them.
   */
  evaluationParameters?(parameters: NamedTensors, state: OptimizerState): NamedTensors;
  /** Takes notice of a validation loss, after each evaluation; returns the new state (see `replaceState`). */
  observe?(validationLoss: number, state: OptimizerState): OptimizerState;
}

export interface ChainTrainerOptions {
  name: string;
  optimizer: Optimizer;
  /** What the chain's last transform scales by; reported, not applied. */
  learningRate: Schedule;
}

/** The trainer that feeds the gradient through a chain of transforms: one gradient a step. */
export function chainTrainer({ name, optimizer, learningRate }: ChainTrainerOptions): Trainer {
  return {
    name,
    gradientEvaluations: 1,
    learningRate,
    step(evaluate, parameters, state, context) {
      const evaluated = evaluate(parameters, { record: true });
      const { loss, gradients, diagonal } = evaluated;
      try {
        return {
          ...step(optimizer, gradients, parameters, state, diagonal ? { ...context, diagonal } : context),
          loss: loss.dataSync()[0]!,
          gradientEvaluations: 1,
          metrics: { learningRate: learningRate(context.step) },
        };
      } finally {
        disposeEvaluation(evaluated);
      }
    },
  };
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

/** Disposes everything that came of an evaluation. */
export function disposeEvaluation({ loss, gradients, diagonal, layers }: LossAndGradients): void {
  loss.dispose();
  disposeNamed(gradients);
  if (diagonal) disposeNamed(diagonal);
  layers?.dispose();
}

/** Whether no value is NaN or infinite; one number is read from the backend. */
export function allFinite(tensors: NamedTensors): boolean {
  const list = Object.values(tensors);
  return list.length === 0 || Number.isFinite(tidy(() => tf.addN(list.map((tensor) => tf.sum(tensor))).dataSync()[0]));
}
