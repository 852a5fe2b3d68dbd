/** Fields of `data` for texts, for imbalanced classes, and for windows of series. */
import { z } from 'zod';

/** How rare classes are weighted. */
export const balanceFields = {
  classWeights: z
    .union([z.literal('balanced'), z.record(z.string(), z.number().positive())])
    .optional()
    .describe(
      "weight of an example's loss by its class: 'balanced' gives every class the same share, or weights by class name; all equal by default",
    ),
  sampling: z
    .enum(['plain', 'balanced'])
    .default('plain')
    .describe(
      "how training batches are drawn: 'plain' uses every example once per epoch, 'balanced' draws every class equally often and thus rare examples several times",
    ),
};

/** How examples are made from the rows of a series. */
export const seriesFields = {
  window: z
    .int()
    .min(1)
    .optional()
    .describe('number of consecutive rows of a series that make one example; by default each row is an example (CSV)'),
  horizon: z
    .int()
    .min(0)
    .optional()
    .describe(
      'number of rows from the last row of the window to the predicted value; by default 1 for numbers and 0 for classes (series)',
    ),
  group: z
    .string()
    .optional()
    .describe('column that distinguishes several series; by default all rows are one series (series)'),
  time: z
    .string()
    .optional()
    .describe('column by which the rows of a series are ordered; by default the order in the file (series)'),
  forecast: z
    .enum(['change', 'value'])
    .optional()
    .describe(
      'what a network predicts: the change from the last row of the window (the default if the window contains the past of the number), or the value itself (series)',
    ),
  season: z
    .int()
    .min(2)
    .optional()
    .describe(
      'rows after which a series repeats itself, for the seasonal forecast that networks are compared with (series)',
    ),
};

/** How a text is divided. */
export const textFields = {
  level: z
    .enum(['char', 'word'])
    .optional()
    .describe('whether the tokens of a text are characters (the default) or words'),
  bptt: z
    .int()
    .min(1)
    .optional()
    .describe('tokens in a window of text, over which gradients are propagated back; 35 by default'),
  vocabulary: z
    .int()
    .min(2)
    .optional()
    .describe('largest number of different tokens, of which the most frequent are kept (text); all by default'),
};
