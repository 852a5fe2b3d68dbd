/** All optimizers by name: the list, the schema of a configuration, and building one from it. */
import { type z } from 'zod';
import { averagingOptimizers } from './averaging/index.js';
import { createFrom, type OptimizerSummary, parseOptions, unionOf } from './entry.js';
import { type TrainingSetting } from '../chain/setting.js';
import { chain, type Trainer } from '../chain/chain.js';
import { plainOptimizers } from './plain.js';

type AnyEntry = (typeof plainOptimizers)[number] | (typeof averagingOptimizers)[number];

const entries: readonly AnyEntry[] = [...plainOptimizers, ...averagingOptimizers];

/** An optimizer with its options; what is left out has a default. */
export type OptimizerConfigInput = z.input<AnyEntry['schema']>;
export type OptimizerConfig = z.output<AnyEntry['schema']>;

/** Named so that declarations can refer to it. */
export interface OptimizerSchema extends z.ZodType<OptimizerConfig, OptimizerConfigInput> {}

export const optimizerSchema: OptimizerSchema = unionOf(entries);

/** What there is to say about every optimizer. */
export const OPTIMIZERS: readonly OptimizerSummary[] = entries.map(({ name, kind, formula, cost, reference }) => ({
  name,
  kind,
  formula,
  cost,
  reference,
}));

/** Whether the optimizer of a configuration follows a validation loss, so that the validation part has to be held out from its training. */
export function observesValidation({ name }: Pick<OptimizerConfig, 'name'>): boolean {
  return entries.some((entry) => entry.name === name && 'observes' in entry);
}

/**
 * The trainer that a configuration describes. Throws WeftError('config') on a name or an option that does not exist.
 *
 * @example
 * const trainer = createTrainer({ name: 'sam', rho: 0.05, base: { name: 'adamw' } }, { stepsPerEpoch: 100, totalSteps: 2000 });
 * const { parameters, state, loss } = trainer.step(evaluate, weights, emptyState, { step: 0 });
 */
export function createTrainer(config: OptimizerConfigInput, setting: TrainingSetting): Trainer {
  return chain(...createFrom(entries, parseOptions(entries, config), setting));
}
