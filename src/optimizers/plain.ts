/** The optimizers that evaluate the weights that they train, which can therefore be averaged. */
import { type z } from 'zod';
import { baseOptimizers } from './base/index.js';
import { curvatureOptimizers } from './curvature/index.js';
import { catalogue } from '../parts/catalogue.js';
import { type TrainingSetting } from '../chain/setting.js';
import { flatnessOptimizers } from './flatness/index.js';
import { type Link } from '../chain/link.js';

export const plainOptimizers = [...baseOptimizers, ...flatnessOptimizers, ...curvatureOptimizers] as const;

type PlainEntry = (typeof plainOptimizers)[number];
export type PlainConfig = z.output<PlainEntry['schema']>;
export type PlainConfigInput = z.input<PlainEntry['schema']>;

/** Named so that declarations can refer to it. */
export interface PlainSchema extends z.ZodType<PlainConfig, PlainConfigInput> {}

const { schema, build } = catalogue('optimizer', plainOptimizers);
const plainSchema: PlainSchema = schema;

/** The `base` option of the optimizers that average weights. */
export const trainedOption: z.ZodPrefault<PlainSchema> = plainSchema
  .prefault({ name: 'nesterov' })
  .describe('the optimizer whose weights are averaged');

export function createPlain(config: PlainConfig, setting: TrainingSetting): readonly Link[] {
  return build(config, setting);
}
