/** Fields that units of several studies are told. */
import { z } from 'zod';
import { type RegularizerConfigInput, regularizerSchema } from '../forgetting/index.js';

/** A regularizer as it was written: checked, and left without its defaults, which the unit fills in. */
export const regularizerInput = z.custom<RegularizerConfigInput>(
  (value) => regularizerSchema.safeParse(value).success,
  'must be a regularizer with its options',
);
