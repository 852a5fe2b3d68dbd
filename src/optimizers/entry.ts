/** An entry of the catalogue of optimizers: its options, how it is built, and its summary. */
import { type z } from 'zod';
import { type TrainingSetting } from '../chain/setting.js';
import { type Link } from '../chain/link.js';
import { type Part } from '../parts/catalogue.js';

export type OptimizerKind = 'base' | 'averaging' | 'flatness' | 'curvature';

/** One row in the list of optimizers. */
export interface OptimizerSummary {
  readonly name: string;
  readonly kind: OptimizerKind;
  /** The update rule on one line. */
  readonly formula: string;
  /** Gradients of a whole batch that a step costs with the default options; for a wrapper, a multiple of its base's. */
  readonly cost: string;
  readonly reference: string;
  /** Whether it follows a validation loss; the validation part is then held out from training. */
  readonly observes?: boolean;
}

export interface OptimizerEntry<S extends z.ZodObject = z.ZodObject>
  extends OptimizerSummary, Part<S, TrainingSetting, readonly Link[]> {}

/** An entry whose `create` receives options of the schema's type and returns the links of its chain. */
export function optimizer<S extends z.ZodObject>(entry: OptimizerEntry<S>): OptimizerEntry<S> {
  return entry;
}
