import { z } from 'zod';

export const alphaOptions = {
  alpha: z.number().min(0).default(100).describe('strength of the penalty; 0 measures and changes nothing'),
  alphaDecay: z
    .strictObject({
      from: z.int().min(0).describe('first epoch in which the strength is lower'),
      by: z.number().min(0).describe('by how much it decreases each epoch'),
    })
    .optional()
    .describe('reduces the strength to zero'),
};

export type AlphaOptions = z.output<z.ZodObject<typeof alphaOptions>>;

/** Strength in an epoch: alpha, and from epoch e0 on max(alpha - (e - e0 + 1) by, 0). */
export function alphaAt({ alpha, alphaDecay }: AlphaOptions, epoch: number): number {
  if (!alphaDecay || epoch < alphaDecay.from) return alpha;
  return Math.max(alpha - (epoch - alphaDecay.from + 1) * alphaDecay.by, 0);
}
