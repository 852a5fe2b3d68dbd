/** Remedies for the ranking errors caused by weight sharing. */
import { z } from 'zod';

export const remediesSchema = z.strictObject({
  uniqueNetworks: z
    .boolean()
    .default(false)
    .describe(
      'draws every different network with the same probability, however many architectures describe it, and trains and evaluates each by one of them',
    ),
  fixedAffine: z
    .boolean()
    .default(false)
    .describe('leaves scales and offsets of normalization at 1 and 0 while shared weights are trained'),
  capacityRates: z
    .boolean()
    .default(false)
    .describe(
      'CaLR: the rate of a step decays as (1 - t/T)^γ, where γ falls with the logarithm of the parameters of its network, from 4 to 1/4',
    ),
  separateMomentum: z
    .boolean()
    .default(false)
    .describe('the optimizer keeps separate momentum for each option of one choice; the choice is drawn once'),
  importance: z
    .strictObject({
      paths: z
        .boolean()
        .default(true)
        .describe(
          'draws architectures instead of the controller: options whose weights have had large gradients are drawn more often',
        ),
      data: z.boolean().default(true).describe('draws examples more often if their outputs were far from their labels'),
      strength: z.number().min(0).max(1).default(1).describe('strength of this in the last epoch; it rises from 0'),
    })
    .optional()
    .describe(
      'PA&DA: draws architectures and examples with large gradients more often, and weights them correspondingly less',
    ),
});
