/** All optimizers by name: the list, the schema of a configuration, and building one from it. */
import { z } from 'zod';
import { unknownNameHint, WeftError } from '../errors.js';
import { baseOptimizers } from './base.js';
import { type OptimizerEntry, type OptimizerSummary, type TrainingSetting } from './entry.js';
import { type Trainer } from './trainer.js';

const entries = [...baseOptimizers] as const;

export const optimizerSchema = z.discriminatedUnion('name', [...schemasOf(entries)]);

/** An optimizer with its options; what is left out has a default. */
export type OptimizerConfigInput = z.input<typeof optimizerSchema>;
export type OptimizerConfig = z.output<typeof optimizerSchema>;

/** What there is to say about every optimizer. */
export const OPTIMIZERS: readonly OptimizerSummary[] = entries.map(({ name, kind, formula, cost, reference }) => ({ name, kind, formula, cost, reference }));

/**
 * The trainer that a configuration describes. Throws WeftError('config') on a name or an option that does not exist.
 *
 * @example
 * const trainer = createTrainer({ name: 'nesterov', learningRate: 0.05, clipNorm: 5 }, { stepsPerEpoch: 100, totalSteps: 2000 });
 * const { parameters, state, loss } = trainer.step(evaluate, weights, emptyState, { step: 0 });
 */
export function createTrainer(config: OptimizerConfigInput, setting: TrainingSetting): Trainer {
  const entry = entryOf(config);
  return entry.create(parseOptions(entry, config), setting);
}

function entryOf(config: { readonly name: string }): OptimizerEntry {
  const entry = entries.find(({ name }) => name === config.name);
  if (!entry) throw new WeftError('config', `there is no optimizer '${config.name}'`, unknownNameHint(config.name, entries.map(({ name }) => name)));
  return entry as unknown as OptimizerEntry;
}

function parseOptions({ name, schema }: OptimizerEntry, config: object): Record<string, unknown> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
    const unknown = issue.keys[0]!;
    throw new WeftError('config', `the optimizer '${name}' has no option '${unknown}'`, unknownNameHint(unknown, Object.keys(schema.shape)));
  }
  throw new WeftError('config', `the optimizer '${name}' cannot take ${issue.path.join('.')}: ${issue.message}`, `options: ${Object.keys(schema.shape).join(', ')}`);
}

type SchemasOf<T extends readonly { readonly schema: z.ZodObject }[]> = { -readonly [I in keyof T]: T[I]['schema'] };

function schemasOf<const T extends readonly { readonly schema: z.ZodObject }[]>(list: T): SchemasOf<T> {
  return list.map(({ schema }) => schema) as SchemasOf<T>;
}
