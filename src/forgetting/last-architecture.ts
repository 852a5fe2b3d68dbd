import { z } from 'zod';
import { regularizer } from './regularizer.js';
import { replay } from './replaying.js';

export const lastArchitecture = regularizer({
  name: 'last-architecture',
  formula: '(1 - lambda) L(sampled) + lambda L(the one before)',
  cost: 'a second forward and backward pass each step',
  reference: 'Zhang et al. 2020 (NSAS), the baseline that replays the last architecture',
  schema: z.strictObject({
    name: z.literal('last-architecture'),
    lambda: z.number().min(0).max(1).default(0.2).describe('share of the architecture trained before in the loss'),
  }),
  create: ({ lambda }) =>
    replay<string | null>({
      name: 'last-architecture',
      strength: lambda,
      initial: null,
      mixture: (architecture, last) =>
        last === null || last === architecture
          ? undefined
          : [
              { architecture, weight: 1 - lambda },
              { architecture: last, weight: lambda },
            ],
      remember: ({ architecture }) => architecture,
    }),
});
