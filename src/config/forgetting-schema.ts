/** Which measurements of forgetting a search makes. */
import { z } from 'zod';

export const forgettingSchema = z.strictObject({
  measure: z
    .boolean()
    .optional()
    .describe(
      'evaluate every architecture right after its training and again at the end of the epoch; on by default if a regularizer is chosen',
    ),
  batches: z.int().min(1).default(2).describe('validation batches for each evaluation, the same throughout an epoch'),
  batchSize: z.int().min(1).default(256).describe('examples per batch'),
  every: z.int().min(1).default(1).describe('epochs from one measurement to the next'),
  zeroShot: z.boolean().default(false).describe('evaluate every architecture before its training too'),
  matrix: z
    .boolean()
    .default(false)
    .describe(
      'evaluate all earlier architectures of the epoch again after each training, which shows dips that recover by the end of the epoch',
    ),
  metric: z.enum(['loss', 'accuracy']).default('loss').describe('the measure that verdicts are about'),
  widths: z
    .strictObject({
      networks: z.int().min(2).max(8).default(4).describe('networks from the smallest to the largest'),
      steps: z
        .int()
        .min(1)
        .max(10_000)
        .default(1)
        .describe('steps for which each of them is trained alone, on a copy of the weights'),
    })
    .optional()
    .describe('in elastic spaces: measure after each epoch how much training one size harms the others'),
});
