/** What an optimizer of the list consists of: its options, how it is built, and what the list says about it. */
import { type z } from 'zod';
import { type ParameterRole } from '../operations/operation.js';
import { type TrainingLength } from './schedule-config.js';
import { type Trainer } from './trainer.js';

/** What an optimizer is told about the training it is for. */
export interface TrainingSetting extends TrainingLength {
  /** Role of a parameter by name; parameters without one count as kernels. */
  readonly roleOf?: ((parameter: string) => ParameterRole | undefined) | undefined;
}

export type OptimizerKind = 'base' | 'averaging' | 'flatness' | 'curvature';

/** One line of the list of optimizers. */
export interface OptimizerSummary {
  readonly name: string;
  readonly kind: OptimizerKind;
  /** The update rule on one line. */
  readonly formula: string;
  /** Gradients a step with the default options, as a number or a formula of the options. */
  readonly cost: string;
  readonly reference: string;
}

export interface OptimizerEntry<S extends z.ZodObject = z.ZodObject> extends OptimizerSummary {
  /** Strict schema of the options, `name` among them. */
  readonly schema: S;
  create(options: z.output<S>, setting: TrainingSetting): Trainer;
}

/** An entry whose `create` gets the type of its own options. */
export function optimizer<S extends z.ZodObject>(entry: OptimizerEntry<S>): OptimizerEntry<S> {
  return entry;
}
