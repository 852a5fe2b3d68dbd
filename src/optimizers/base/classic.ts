/** Gradient descent, its momentum forms, and the diagonal adaptive methods. */
import { z } from 'zod';
import { optimizer } from '../entry.js';
import { scaleByAdagrad, scaleByAdam, scaleByRms } from '../../chain/transforms/adaptive.js';
import { trace } from '../../chain/transforms/momentum.js';
import { assemble, commonOptions, fraction, positive } from './assemble.js';

export const sgd = optimizer({
  name: 'sgd',
  kind: 'base',
  cost: '1',
  formula: 'w <- w - lr g',
  reference: 'Robbins & Monro 1951',
  schema: z.strictObject({ name: z.literal('sgd'), ...commonOptions({ learningRate: 0.1 }) }),
  create: (options, setting) => assemble(options, setting, []),
});

export const momentum = optimizer({
  name: 'momentum',
  kind: 'base',
  cost: '1',
  formula: 'm <- mu m + g; w <- w - lr m',
  reference: 'Polyak 1964',
  schema: z.strictObject({
    name: z.literal('momentum'),
    momentum: fraction.default(0.9),
    ...commonOptions({ learningRate: 0.05 }),
  }),
  create: (options, setting) => assemble(options, setting, [trace({ decay: options.momentum })]),
});

export const nesterov = optimizer({
  name: 'nesterov',
  kind: 'base',
  cost: '1',
  formula: 'm <- mu m + g; w <- w - lr (g + mu m)',
  reference: 'Sutskever et al. 2013',
  schema: z.strictObject({
    name: z.literal('nesterov'),
    momentum: fraction.default(0.9),
    ...commonOptions({ learningRate: 0.05 }),
  }),
  create: (options, setting) => assemble(options, setting, [trace({ decay: options.momentum, nesterov: true })]),
});

const adamOptions = { beta1: fraction.default(0.9), beta2: fraction.default(0.999), epsilon: positive.default(1e-8) };

export const adam = optimizer({
  name: 'adam',
  kind: 'base',
  cost: '1',
  formula: 'm, v <- means of g, g^2; w <- w - lr m^/(sqrt(v^) + eps)',
  reference: 'Kingma & Ba 2015, arXiv 1412.6980',
  schema: z.strictObject({ name: z.literal('adam'), ...adamOptions, ...commonOptions({ learningRate: 1e-3 }) }),
  create: (options, setting) => assemble(options, setting, [scaleByAdam(options)]),
});

export const adamw = optimizer({
  name: 'adamw',
  kind: 'base',
  cost: '1',
  formula: 'm, v <- means of g, g^2; w <- w - lr (m^/(sqrt(v^) + eps) + decay w)',
  reference: 'Loshchilov & Hutter 2019, arXiv 1711.05101',
  schema: z.strictObject({
    name: z.literal('adamw'),
    ...adamOptions,
    ...commonOptions({ learningRate: 1e-3, weightDecay: 0.01, decayPlace: 'step' }),
  }),
  create: (options, setting) => assemble(options, setting, [scaleByAdam(options)]),
});

export const rmsprop = optimizer({
  name: 'rmsprop',
  kind: 'base',
  cost: '1',
  formula: 'v <- mean of g^2; w <- w - lr g/(sqrt(v) + eps)',
  reference: 'Tieleman & Hinton 2012; Graves 2013',
  schema: z.strictObject({
    name: z.literal('rmsprop'),
    decay: fraction.default(0.99),
    epsilon: positive.default(1e-8),
    centered: z.boolean().default(false),
    momentum: fraction.default(0),
    ...commonOptions({ learningRate: 1e-3 }),
  }),
  create: (options, setting) =>
    assemble(options, setting, [
      scaleByRms(options),
      ...(options.momentum > 0 ? [trace({ decay: options.momentum })] : []),
    ]),
});

export const adagrad = optimizer({
  name: 'adagrad',
  kind: 'base',
  cost: '1',
  formula: 's <- s + g^2; w <- w - lr g/(sqrt(s) + eps)',
  reference: 'Duchi et al. 2011',
  schema: z.strictObject({
    name: z.literal('adagrad'),
    epsilon: positive.default(1e-10),
    initial: z.number().min(0).default(0),
    ...commonOptions({ learningRate: 0.01 }),
  }),
  create: (options, setting) => assemble(options, setting, [scaleByAdagrad(options)]),
});
