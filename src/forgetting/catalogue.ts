/**
 * All regularizers by name: the list, the configuration schema, and building one from a configuration. A new one is a
 * line in `entries`.
 */
import { z } from 'zod';
import { l2Anchor, permutedFisher } from './controls.js';
import { fair } from './fair.js';
import { lastArchitecture } from './last-architecture.js';
import { nsas } from './nsas.js';
import { own } from './own.js';
import { type Regularizer, type RegularizerSetting, type RegularizerSummary } from './regularizer.js';
import { catalogue, summaries } from '../parts/catalogue.js';
import { ewc, withPreset, wpl } from './wpl.js';

const entries = [wpl, ewc, l2Anchor, permutedFisher, lastArchitecture, nsas, fair, own] as const;
const regularizers = catalogue('regularizer', entries);

type AnyOptions = z.output<(typeof entries)[number]['schema']>;
type AnyInput = z.input<(typeof entries)[number]['schema']>;

/** A regularizer with its options; omitted options have defaults. `none` means no regularizer. */
export type RegularizerConfig = AnyOptions | { name: 'none' };
export type RegularizerConfigInput = AnyInput | { name: 'none' };

/** Named so that declarations can refer to it. */
export interface RegularizerSchema extends z.ZodType<RegularizerConfig, RegularizerConfigInput> {}

export const regularizerSchema: RegularizerSchema = z.preprocess(
  withPreset,
  z.discriminatedUnion('name', [z.strictObject({ name: z.literal('none') }), ...regularizers.schema.options]),
) as unknown as RegularizerSchema;

/** Summaries of all built-in regularizers. */
export const REGULARIZERS: readonly RegularizerSummary[] = summaries<(typeof entries)[number]>(entries).filter(
  ({ name }) => name !== 'own',
);

/** The regularizer that checked options describe; undefined for none. */
export function createRegularizer(options: RegularizerConfig, setting: RegularizerSetting): Regularizer | undefined {
  return options.name === 'none' ? undefined : regularizers.build(options, setting);
}
