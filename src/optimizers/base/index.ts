import { type z } from 'zod';
import { createFrom, type TrainingSetting, unionOf } from '../entry.js';
import { type Trainer } from '../trainer.js';
import { adagrad, adam, adamw, momentum, nesterov, rmsprop, sgd } from './classic.js';
import { lion } from './lion.js';
import { muon } from './muon.js';
import { pnm } from './pnm.js';
import { scheduleFreeAdamw, scheduleFreeSgd } from './schedule-free.js';

/** One gradient a step, and no other optimizer inside. */
export const baseOptimizers = [sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad, lion, muon, pnm, scheduleFreeSgd, scheduleFreeAdamw] as const;

const baseSchema = unionOf(baseOptimizers);

/** The `base` option of the optimizers that refine the gradient for another one. */
export const baseOption = (preset: z.input<typeof baseSchema> = { name: 'nesterov' }) => baseSchema.prefault(preset).describe('the optimizer that takes the step');

export function createBase(config: z.output<typeof baseSchema>, setting: TrainingSetting): Trainer {
  return createFrom(baseOptimizers, config, setting);
}
