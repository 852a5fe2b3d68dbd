/** The objectives of a multi-objective search. */
import { z } from 'zod';
import { ownSchema } from '../parts/own.js';
import { costNames } from './costs.js';

const qualityNames = ['accuracy', 'loss'] as const;

export const objectivesSchema = z
  .array(z.union([z.enum([...qualityNames, ...costNames]), ownSchema]))
  .refine((names) => new Set(names.map((name) => JSON.stringify(name))).size === names.length, {
    message: 'an objective is listed twice',
  })
  .refine((names) => names.filter((name) => qualityNames.includes(name as 'accuracy')).length === 1, {
    message: 'name accuracy (for language models and numbers to predict: loss) exactly once',
  })
  .refine((names) => names.length >= 2, { message: 'a search without objectives already maximizes accuracy alone' });
