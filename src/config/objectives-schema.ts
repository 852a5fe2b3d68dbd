/** The goals of a search with several objectives. */
import { z } from 'zod';
import { ownSchema } from '../parts/own.js';
import { costNames } from './costs.js';

const qualityNames = ['accuracy', 'loss'] as const;

export const objectivesSchema = z
  .array(z.union([z.enum([...qualityNames, ...costNames]), ownSchema]))
  .refine((names) => new Set(names.map((name) => JSON.stringify(name))).size === names.length, {
    message: 'an objective stands there twice',
  })
  .refine((names) => names.filter((name) => qualityNames.includes(name as 'accuracy')).length === 1, {
    message: 'name accuracy (of language models and of numbers loss) once: without it nothing would be learned',
  })
  .refine((names) => names.length >= 2, { message: 'accuracy alone is what a search without objectives is after' });
