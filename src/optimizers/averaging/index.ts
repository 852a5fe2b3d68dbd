import { z } from 'zod';
import { optimizer } from '../entry.js';
import { type TrainingSetting } from '../../chain/setting.js';
import { createPlain, trainedOption } from '../plain.js';
import { ema, lawa, lookahead, swa } from './averages.js';
import { swad } from './swad.js';

const stepsOf = (epochs: number, { stepsPerEpoch }: TrainingSetting): number =>
  Math.max(1, Math.round(epochs * stepsPerEpoch));

const emaEntry = optimizer({
  name: 'ema',
  kind: 'averaging',
  cost: '1',
  formula: 'a <- decay a + (1 - decay) w; evaluate a',
  reference: 'Polyak & Juditsky 1992; Tarvainen & Valpola 2017',
  schema: z.strictObject({
    name: z.literal('ema'),
    decay: z.number().min(0).lt(1).default(0.999).describe('share of the average that is kept in a step'),
    warmUp: z.boolean().default(true).describe('begin with a smaller decay'),
    base: trainedOption,
  }),
  create: (options, setting) => [...createPlain(options.base, setting), ema(options)],
});

const swaEntry = optimizer({
  name: 'swa',
  kind: 'averaging',
  cost: '1',
  formula: 'a <- mean of w from a fraction of the training on; evaluate a',
  reference: 'Izmailov et al. 2018, arXiv 1803.05407',
  schema: z.strictObject({
    name: z.literal('swa'),
    start: z.number().min(0).lt(1).default(0.75).describe('fraction of the training after which weights count'),
    every: z.number().positive().default(1).describe('epochs from one averaged state to the next'),
    base: trainedOption,
  }),
  create: (options, setting) => [
    ...createPlain(options.base, setting),
    swa({ start: Math.floor(options.start * setting.totalSteps), every: stepsOf(options.every, setting) }),
  ],
});

const swadEntry = optimizer({
  name: 'swad',
  kind: 'averaging',
  observes: true,
  cost: '1',
  formula: 'a <- mean of w over every step within a valley of the validation loss; evaluate a',
  reference: 'Cha et al. 2021, arXiv 2102.08604',
  schema: z.strictObject({
    name: z.literal('swad'),
    converge: z.int().min(1).default(3).describe('evaluations without improvement that begin the valley'),
    tolerance: z.int().min(1).default(6).describe('evaluations above the threshold that end it'),
    ratio: z.number().min(1).default(1.3).describe('ratio of the threshold to the mean loss at the beginning'),
    base: trainedOption,
  }),
  create: (options, setting) => [...createPlain(options.base, setting), swad(options)],
});

const lawaEntry = optimizer({
  name: 'lawa',
  kind: 'averaging',
  cost: '1',
  formula: 'a <- mean of the last k checkpoints of w; evaluate a',
  reference: 'Kaddour 2022, arXiv 2209.14981',
  schema: z.strictObject({
    name: z.literal('lawa'),
    last: z.int().min(1).default(6).describe('checkpoints in the average'),
    every: z.number().positive().default(1).describe('epochs from one checkpoint to the next'),
    base: trainedOption,
  }),
  create: (options, setting) => [
    ...createPlain(options.base, setting),
    lawa({ last: options.last, every: stepsOf(options.every, setting) }),
  ],
});

const lookaheadEntry = optimizer({
  name: 'lookahead',
  kind: 'averaging',
  cost: '1',
  formula: 'every k steps s <- s + alpha (w - s), w <- s; evaluate s',
  reference: 'Zhang et al. 2019, arXiv 1907.08610',
  schema: z.strictObject({
    name: z.literal('lookahead'),
    every: z.int().min(1).default(5).describe('steps from one slow update to the next'),
    alpha: z.number().min(0).max(1).default(0.5).describe('how far the slow weights move towards the fast ones'),
    base: trainedOption,
  }),
  create: (options, setting) => [...createPlain(options.base, setting), lookahead(options)],
});

/** Optimizers that evaluate an average of the weights that another one trains. */
export const averagingOptimizers = [emaEntry, swaEntry, swadEntry, lawaEntry, lookaheadEntry] as const;
