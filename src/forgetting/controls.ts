/**
 * Controls for the weight plasticity loss, equally strong on average: without them nothing would show that Fisher
 * information is what helps.
 */
import { z } from 'zod';
import { quadratic, quadraticOptions } from './quadratic.js';
import { regularizer } from './regularizer.js';

export const l2Anchor = regularizer({
  name: 'l2-anchor',
  formula: 'wpl with the mean of F for every weight',
  cost: 'as wpl',
  reference: 'control',
  schema: z.strictObject({ name: z.literal('l2-anchor'), ...quadraticOptions }),
  create: (options, setting) => quadratic(options, { name: 'l2-anchor', spread: 'uniform' }, setting),
});

export const permutedFisher = regularizer({
  name: 'permuted-fisher',
  formula: 'wpl with the values of F in random places',
  cost: 'as wpl',
  reference: 'control',
  schema: z.strictObject({ name: z.literal('permuted-fisher'), ...quadraticOptions }),
  create: (options, setting) => quadratic(options, { name: 'permuted-fisher', spread: 'permuted' }, setting),
});
