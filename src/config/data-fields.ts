/** Fields of `data` for texts, for classes of unequal frequency, and for windows of series. */
import { z } from 'zod';

/** How rare classes are made to count. */
export const balanceFields = {
  classWeights: z
    .union([z.literal('balanced'), z.record(z.string(), z.number().positive())])
    .optional()
    .describe(
      "by how much the loss of an example counts by its class: 'balanced' gives every class the same share, or weights by name; alike by default",
    ),
  sampling: z
    .enum(['plain', 'balanced'])
    .default('plain')
    .describe(
      "how training batches are drawn: 'plain' gives every example once per epoch, 'balanced' draws every class equally often, rare examples several times",
    ),
};

/** How examples are made of the rows of a series. */
export const seriesFields = {
  window: z
    .int()
    .min(1)
    .optional()
    .describe('rows of a series that an example is made of; each row is an example by default (CSV)'),
  horizon: z
    .int()
    .min(0)
    .optional()
    .describe(
      'how many rows after the last one of a window that which is predicted stands; 1 for numbers and 0 for classes by default (series)',
    ),
  group: z
    .string()
    .optional()
    .describe('column that tells one series from another; all rows are one by default (series)'),
  time: z
    .string()
    .optional()
    .describe('column by which the rows of a series are ordered; as they stand in the file by default (series)'),
  season: z
    .int()
    .min(2)
    .optional()
    .describe(
      'rows after which a series repeats itself, for the seasonal forecast that networks are compared with (series)',
    ),
};

/** How a text is cut. */
export const textFields = {
  level: z.enum(['char', 'word']).optional().describe('what the tokens of a text are; characters by default'),
  bptt: z
    .int()
    .min(1)
    .optional()
    .describe('tokens in a window of text, through which gradients go back; 35 by default'),
  vocabulary: z
    .int()
    .min(2)
    .optional()
    .describe('at most so many different tokens, the most frequent ones (text); all by default'),
};
