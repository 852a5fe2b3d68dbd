/** Payload fields shared by units of several studies. */
import { forgetting, z } from 'weft-nas';

/** A regularizer as it was written: checked, and left without its defaults, which the unit fills in. */
export const regularizerInput = z.custom<forgetting.RegularizerConfigInput>(
  (value) => forgetting.regularizerSchema.safeParse(value).success,
  'must be a regularizer with its options',
);
