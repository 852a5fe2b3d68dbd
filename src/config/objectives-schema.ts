/** The objectives of a multi-objective search. */
import { z } from 'zod';
import { ownSchema } from '../parts/own.js';
import { unknownNameHint } from '../errors.js';
import { costNames } from './costs.js';

const qualityNames = ['accuracy', 'loss'] as const;
const names = [...qualityNames, ...costNames] as const;

/** Names the objective that was probably meant, and the known ones. */
const unknownObjective = ({ input }: z.core.$ZodRawIssue): string =>
  typeof input === 'string'
    ? `there is no objective '${input}'; ${unknownNameHint(input, names)}, or {name: own, part: FILE}`
    : `must be one of ${names.join(', ')}, or {name: own, part: FILE}`;

export const objectivesSchema = z
  .array(z.union([z.enum(names), ownSchema], { error: unknownObjective }))
  .refine((names) => new Set(names.map((name) => JSON.stringify(name))).size === names.length, {
    message: 'an objective is listed twice',
  })
  .refine((names) => names.filter((name) => qualityNames.includes(name as 'accuracy')).length === 1, {
    message: 'name accuracy (for language models and numbers to predict: loss) exactly once',
  })
  .refine((names) => names.length >= 2, { message: 'a search without objectives already maximizes accuracy alone' });
