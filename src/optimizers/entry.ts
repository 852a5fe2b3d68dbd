/** What an optimizer of the list consists of: its options, how it is built, and what the list says about it. */
import { type z } from 'zod';
import { type TrainingSetting } from '../chain/setting.js';
import { type Link } from '../chain/link.js';
import { type Part } from '../parts/catalogue.js';

export type OptimizerKind = 'base' | 'averaging' | 'flatness' | 'curvature';

/** One line of the list of optimizers. */
export interface OptimizerSummary {
  readonly name: string;
  readonly kind: OptimizerKind;
  /** The update rule on one line. */
  readonly formula: string;
  /** Gradients of a whole batch that a step costs with the default options; for a wrapper, times those of its base. */
  readonly cost: string;
  readonly reference: string;
  /** Whether it follows a validation loss: then training leaves the validation part out. */
  readonly observes?: boolean;
}

export interface OptimizerEntry<S extends z.ZodObject = z.ZodObject>
  extends OptimizerSummary, Part<S, TrainingSetting, readonly Link[]> {}

/** An entry whose `create` gets the type of its own options and gives the links of its chain. */
export function optimizer<S extends z.ZodObject>(entry: OptimizerEntry<S>): OptimizerEntry<S> {
  return entry;
}
