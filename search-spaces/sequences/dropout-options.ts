/** Options for dropout in networks of sequences. */
import { z } from 'weft-nas';

const share = z.number().gt(0).max(1);

/** Of recurrent networks: before the first layer, and after the last. */
export const recurrentDropout = {
  keep: share.default(1).describe('share of embedded features that dropout keeps, the same at every position'),
  keepOutput: share.default(1).describe('the same for the features before the logits'),
};

/** Of transformers. */
export const transformerDropout = {
  keep: share.default(1).describe('share of features that dropout keeps after the embedding and each branch'),
  retrainKeep: share.optional().describe('the value of `keep` in retraining'),
};
