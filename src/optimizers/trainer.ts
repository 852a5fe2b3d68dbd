/**
 * One step of training as a function of the loss. An optimizer that needs more than one gradient a step (sharpness-aware
 * ones, estimates of curvature) asks for it by calling `evaluate` again, so the second pass cannot be forgotten, and batch,
 * dropout masks and child are held fixed by the closure.
 */
import { disposeNamed, type NamedTensors } from '../tensor/named.js';
import { type Scalar } from '../tensor/tf.js';
import { type Schedule } from './schedule.js';
import { type Optimizer, type OptimizerState, step, type StepContext } from './transform.js';

/** Owned by whoever asked for it. */
export interface LossAndGradients {
  readonly loss: Scalar;
  /** Gradients of the parameters that the loss depends on; the others neither move nor age. */
  readonly gradients: NamedTensors;
}

export interface EvaluateOptions {
  /** True in one evaluation a step, at the parameters as they are: only then may batch statistics be recorded. */
  readonly record: boolean;
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
  /** What the optimizer has to tell, such as `learningRate`. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface Trainer {
  readonly name: string;
  /** Gradients of a whole batch that one step costs, on average. */
  readonly gradientEvaluations: number;
  readonly learningRate: Schedule;
  /** One step on the active parameters. Arguments are borrowed. */
  step(evaluate: Evaluate, parameters: NamedTensors, state: OptimizerState, context: StepContext): TrainerStep;
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
      const { loss, gradients } = evaluate(parameters, { record: true });
      try {
        return {
          ...step(optimizer, gradients, parameters, state, context),
          loss: loss.dataSync()[0]!,
          gradientEvaluations: 1,
          metrics: { learningRate: learningRate(context.step) },
        };
      } finally {
        loss.dispose();
        disposeNamed(gradients);
      }
    },
  };
}
