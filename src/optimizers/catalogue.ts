/** All optimizers by name: the list, the configuration schema, and building one from a configuration. */
import { type z } from 'zod';
import { averagingOptimizers } from './averaging/index.js';
import { catalogue, summaries } from '../parts/catalogue.js';
import { type OptimizerSummary } from './entry.js';
import { type TrainingSetting } from '../chain/setting.js';
import { chain, type Trainer } from '../chain/chain.js';
import { plainOptimizers } from './plain.js';

const entries = [...plainOptimizers, ...averagingOptimizers] as const;
const optimizers = catalogue('optimizer', entries);

type AnyEntry = (typeof entries)[number];

/** An optimizer with its options; omitted options have defaults. */
export type OptimizerConfigInput = z.input<AnyEntry['schema']>;
export type OptimizerConfig = z.output<AnyEntry['schema']>;

/** Named so that declarations can refer to it. */
export interface OptimizerSchema extends z.ZodType<OptimizerConfig, OptimizerConfigInput> {}

export const optimizerSchema: OptimizerSchema = optimizers.schema;

/** Summaries of all built-in optimizers. */
export const OPTIMIZERS: readonly OptimizerSummary[] = summaries<AnyEntry>(entries).filter(
  ({ name }) => name !== 'own',
);

/**
 * Whether the optimizer of a configuration follows a validation loss, so that the validation part has to be held out
 * from its training.
 */
export function observesValidation({ name }: Pick<OptimizerConfig, 'name'>): boolean {
  return optimizers.part(name).observes ?? false;
}

/**
 * The trainer that a configuration describes. Throws WeftError('config') for an unknown name or option.
 *
 * @example const trainer = createTrainer({ name: 'sam', rho: 0.05, base: { name: 'adamw' } }, { stepsPerEpoch: 100,
 * totalSteps: 2000 }); const { parameters, state, loss } = trainer.step(evaluate, weights, emptyState, { step: 0 });
 */
export function createTrainer(config: OptimizerConfigInput, setting: TrainingSetting): Trainer {
  return chain(...optimizers.create(config, setting));
}
