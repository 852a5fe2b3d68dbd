/** Descent that needs no schedule: steps from one sequence, gradients at another, evaluation at their average. */
import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { optimizer } from '../entry.js';
import { type Schedule } from '../../chain/schedule.js';
import { type Link } from '../../chain/link.js';
import { type LinkMoment } from '../../chain/moment.js';
import { scaleByRms } from '../../chain/transforms/adaptive.js';
import { assemble, commonOptions, fraction, positive } from './assemble.js';

export interface ScheduleFreeOptions {
  /** The point between the steps z (0) and the average x (1) at which gradients are taken. */
  beta?: number;
  /** Exponent of the step number in a step's weight in the average. */
  power?: number;
  /** Exponent of the highest learning rate so far in the weight. */
  ratePower?: number;
}

/**
 * Last in a chain, instead of the learning rate: y = (1 - beta) z + beta x are the trained weights, z <- z - lr u,
 * x <- (1 - c) x + c z with c the step's share in the sum of weights t^r lr_max^2 (Defazio et al. 2024, algorithm 1).
 * Only z is stored.
 */
export function scheduleFree(
  learningRate: Schedule,
  { beta = 0.9, power = 0, ratePower = 2 }: ScheduleFreeOptions = {},
): Link {
  return {
    name: 'schedule-free',
    learningRate,
    update(updates, { slots, parameters, scalar, remember }) {
      const negativeRate = scalar(({ step }) => -learningRate(step));
      return mapNamed(updates, (update, name) => {
        const highest = ({ step, number }: LinkMoment): number => Math.max(learningRate(step), number(`rate/${name}`));
        const weight = (at: LinkMoment): number => at.count(name) ** power * highest(at) ** ratePower;
        const sum = (at: LinkMoment): number => at.number(`weight/${name}`) + weight(at);
        const shareOf = (at: LinkMoment): number => (sum(at) > 0 ? weight(at) / sum(at) : 0);
        slots.advance(name);
        remember(`rate/${name}`, highest);
        remember(`weight/${name}`, sum);
        const share = scalar(shareOf);
        const back = scalar((at) => learningRate(at.step) * (beta * (1 - shareOf(at)) - 1));
        const y = parameters[name]!;
        const z = slots.get('z', name) ?? y;
        slots.set('z', name, tf.add(z, tf.mul(update, negativeRate)));
        return tf.add(tf.mul(tf.sub(z, y), share), tf.mul(update, back));
      });
    },
    // x = y + (1 - 1/beta)(z - y) if there is a z.
    evaluation(name, y, slots) {
      const z = slots.get('z', name);
      return z && tf.add(y, tf.mul(tf.sub(z, y), 1 - 1 / beta));
    },
  };
}

const scheduleFreeOptions = {
  beta: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.9)
    .describe('where gradients are taken, between the steps (0) and their average (1)'),
  power: z.number().min(0).default(0).describe("exponent of the step number in a step's weight in the average"),
  ratePower: z.number().min(0).default(2).describe('exponent of the learning rate in this weight'),
};

export const scheduleFreeSgd = optimizer({
  name: 'schedule-free-sgd',
  kind: 'base',
  cost: '1',
  formula: 'g at y = (1 - b) z + b x; z <- z - lr g; x <- (1 - c) x + c z; evaluate x',
  reference: 'Defazio et al. 2024, arXiv 2405.15682',
  schema: z.strictObject({
    name: z.literal('schedule-free-sgd'),
    ...scheduleFreeOptions,
    ...commonOptions({ learningRate: 1, schedule: 'constant' }),
  }),
  create: (options, setting) => assemble(options, setting, [], { last: (rate) => scheduleFree(rate, options) }),
});

export const scheduleFreeAdamw = optimizer({
  name: 'schedule-free-adamw',
  kind: 'base',
  cost: '1',
  formula: 'g at y = (1 - b) z + b x; z <- z - lr (g/(sqrt(v^) + eps) + decay y); x <- (1 - c) x + c z; evaluate x',
  reference: 'Defazio et al. 2024, arXiv 2405.15682',
  schema: z.strictObject({
    name: z.literal('schedule-free-adamw'),
    ...scheduleFreeOptions,
    beta2: fraction.default(0.999),
    epsilon: positive.default(1e-8),
    ...commonOptions({ learningRate: 2.5e-3, schedule: 'constant', decayPlace: 'step' }),
  }),
  create: (options, setting) => {
    const direction = scaleByRms({ decay: options.beta2, epsilon: options.epsilon, correctBias: true });
    return assemble(options, setting, [direction], { last: (rate) => scheduleFree(rate, options) });
  },
});
