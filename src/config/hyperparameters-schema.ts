/** Fields of the configuration that are searched together with the architecture. */
import { z } from 'zod';

/** Narrower ranges can be neither divided nor sampled. */
const SMALLEST = 1e-100;

const rangeSchema = z
  .strictObject({
    min: z.number().describe('smallest value'),
    max: z.number().describe('largest value'),
    scale: z
      .enum(['linear', 'log'])
      .default('linear')
      .describe("scale on which values are drawn uniformly; 'log' for values whose order of magnitude matters"),
    integer: z.boolean().default(false).describe('whole numbers only'),
  })
  .refine(({ min, max }) => min < max, { path: ['max'], message: 'must be above min' })
  .refine(({ min, max }) => !(max - min < SMALLEST) && Number.isFinite(max - min), {
    path: ['max'],
    message: `must be above min by ${SMALLEST} at least, and by no more than a number can say`,
  })
  .refine(({ min, scale }) => scale === 'linear' || min > 0, {
    path: ['min'],
    message: 'must be above 0 on a logarithmic scale',
  })
  .refine(({ min, max, integer }) => !integer || (Number.isInteger(min) && Number.isInteger(max)), {
    path: ['integer'],
    message: 'min and max must be whole numbers too',
  });

const valuesSchema = z
  .array(z.union([z.string(), z.number(), z.boolean()]))
  .min(2, 'must be at least two values: set a single value in its field')
  .refine((values) => new Set(values).size === values.length, 'names a value twice');

/** The error message of the intended form: a list of values, or a range. */
function reasonOf(issue: z.core.$ZodRawIssue): string {
  const { input } = issue;
  const tried = issue.code === 'invalid_union' ? issue.errors[Array.isArray(input) ? 0 : 1]?.[0] : undefined;
  if (!tried || typeof input !== 'object' || input === null)
    return 'must be a list of values, or {min, max, scale: linear or log, integer}';
  return tried.path.length === 0 ? tried.message : `${tried.path.map(String).join('.')}: ${tried.message}`;
}

export const hyperparametersSchema = z
  .record(z.string(), z.union([valuesSchema, rangeSchema], { error: reasonOf }))
  .optional()
  .describe(
    'fields of retrain that `weft halve` searches together with the architecture: by path, for example retrain.optimizer.learningRate, a list of values or {min, max, scale, integer}',
  );

export type HyperparameterValues = z.output<typeof valuesSchema>;
export type HyperparameterRange = z.output<typeof rangeSchema>;
