/** The classifier of spaces whose last layer is a vector of features, and its options. */
import { dense, dropout, type Operation, sequence, z } from 'weft-nas';

export const headOptions = {
  keep: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('share of features that dropout keeps before the classifier; all by default'),
  direct: z
    .boolean()
    .optional()
    .describe('whether a linear function of the inputs is added to the output of the layers; false by default'),
};

/**
 * A logit for each class. With a linear part little is left to learn, and random outputs would first have to be
 * unlearned: they start small.
 */
export const logitsLayer = (classes: number, direct = false): Operation =>
  dense({ units: classes, initializer: direct ? 'small' : 'glorot' });

/** The layer of logits, after dropout that keeps the share `keep` of the features. */
export const classifier = (logits: Operation, keep = 1): Operation =>
  keep < 1 ? sequence('classifier', { dropout: dropout({ keep }), dense: logits }) : logits;
