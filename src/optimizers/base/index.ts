import { type z } from 'zod';
import { catalogue } from '../../parts/catalogue.js';
import { type TrainingSetting } from '../../chain/setting.js';
import { type Link } from '../../chain/link.js';
import { adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd } from './classic.js';
import { lion } from './lion.js';
import { muon } from './muon.js';
import { own } from './own.js';
import { pnm } from './pnm.js';
import { scheduleFreeAdamw, scheduleFreeSgd } from './schedule-free.js';

/** One gradient per step, and no other optimizer inside. */
export const baseOptimizers = [
  sgd,
  momentum,
  nesterov,
  adam,
  adamw,
  rmsprop,
  adagrad,
  lion,
  muon,
  pnm,
  scheduleFreeSgd,
  scheduleFreeAdamw,
  own,
] as const;

type BaseEntry = (typeof baseOptimizers)[number];
export type BaseConfig = z.output<BaseEntry['schema']>;
export type BaseConfigInput = z.input<BaseEntry['schema']>;

/** Named so that declarations can refer to it. */
export interface BaseSchema extends z.ZodType<BaseConfig, BaseConfigInput> {}

const { schema, build } = catalogue('optimizer', baseOptimizers);
const baseSchema: BaseSchema = schema;

/** The `base` option of the optimizers that refine the gradient for another one. */
export const baseOption = (preset: BaseConfigInput = { name: 'nesterov' }): z.ZodPrefault<BaseSchema> =>
  baseSchema.prefault(preset).describe('the optimizer that takes the step');

export function createBase(config: BaseConfig, setting: TrainingSetting): readonly Link[] {
  return build(config, setting);
}
