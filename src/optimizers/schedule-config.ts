/** Schedules by name, with lengths in epochs, as in a configuration. The learning rate is the maximum. */
import { z } from 'zod';
import {
  byEpoch,
  constant,
  cosine,
  exponential,
  linear,
  type Schedule,
  stepDecay,
  warmRestarts,
  warmUp,
} from '../chain/schedule.js';
import { type TrainingLength } from '../chain/setting.js';

const minimum = z.number().min(0).default(0).describe('lowest learning rate');
const perEpoch = z.boolean().default(false).describe('change the rate only between epochs');

export const scheduleSchema = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('constant') }),
  z.strictObject({
    name: z.literal('cosine'),
    minimum,
    perEpoch,
    epochs: z.number().positive().optional().describe('epochs until the minimum; the whole training by default'),
  }),
  z.strictObject({
    name: z.literal('warm-restarts'),
    minimum,
    perEpoch,
    period: z.number().positive().default(10).describe('epochs of the first period'),
    factor: z.number().min(1).default(2).describe('factor by which each period is longer than the previous one'),
  }),
  z.strictObject({
    name: z.literal('linear'),
    minimum,
    perEpoch,
    epochs: z.number().positive().optional().describe('epochs until the minimum; the whole training by default'),
  }),
  z.strictObject({
    name: z.literal('step'),
    factor: z.number().positive().default(0.1),
    at: z.array(z.number().min(0)).min(1).describe('epochs at which the rate is multiplied by the factor'),
  }),
  z.strictObject({
    name: z.literal('exponential'),
    minimum,
    factor: z.number().positive().default(0.96).describe('factor by which the rate is multiplied every epoch'),
    from: z.number().min(0).default(0).describe('epoch after which the decay begins'),
    every: z.number().positive().default(1).describe('epochs between two multiplications'),
  }),
]);

export type ScheduleConfig = z.output<typeof scheduleSchema>;

/** The schedule in steps: `rate` is its maximum, `warmUpEpochs` precede the full rate. */
export function scheduleFromConfig(
  config: ScheduleConfig,
  rate: number,
  warmUpEpochs: number,
  { stepsPerEpoch, totalSteps }: TrainingLength,
): Schedule {
  const steps = (epochs: number): number => Math.max(1, Math.round(epochs * stepsPerEpoch));
  const length = (epochs: number | undefined): number =>
    epochs === undefined ? Math.max(1, totalSteps) : steps(epochs);
  const build = (): Schedule => {
    switch (config.name) {
      case 'constant':
        return constant(rate);
      case 'cosine':
        return cosine({ maximum: rate, minimum: config.minimum, steps: length(config.epochs) });
      case 'warm-restarts':
        return warmRestarts({
          maximum: rate,
          minimum: config.minimum,
          period: steps(config.period),
          factor: config.factor,
        });
      case 'linear':
        return linear({ from: rate, to: config.minimum, steps: length(config.epochs) });
      case 'step':
        return stepDecay({
          initial: rate,
          factor: config.factor,
          at: config.at.map((epoch) => Math.round(epoch * stepsPerEpoch)),
        });
      case 'exponential':
        return exponential({
          initial: rate,
          factor: config.factor,
          every: steps(config.every),
          from: Math.round(config.from * stepsPerEpoch),
          minimum: config.minimum,
        });
    }
  };
  const schedule = 'perEpoch' in config && config.perEpoch ? byEpoch(build(), stepsPerEpoch) : build();
  return warmUpEpochs > 0 ? warmUp(schedule, steps(warmUpEpochs)) : schedule;
}
