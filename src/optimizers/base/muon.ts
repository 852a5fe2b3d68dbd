import { z } from 'zod';
import { LAST_LAYERS, muonGroups, muonOptions } from '../../chain/transforms/muon-groups.js';
import { optimizer } from '../entry.js';
import { assemble, commonOptions, fraction, positive } from './assemble.js';

export const muon = optimizer({
  name: 'muon',
  kind: 'base',
  cost: '1',
  formula:
    'm <- mean of g; w <- w - lr sqrt(max(1, out/in)) orthogonalized(m); AdamW for everything that is not a matrix',
  reference: 'Jordan et al. 2024',
  schema: z.strictObject({
    name: z.literal('muon'),
    ...muonOptions,
    adamRate: z
      .number()
      .min(0)
      .default(3e-4)
      .describe(
        'learning rate of biases, normalization, embeddings and the parameters in `adamFor`, also used for their weight decay',
      ),
    adamFor: z
      .array(z.string())
      .default(LAST_LAYERS)
      .describe('parameters that Adam trains: those whose name starts with one of these or contains one as a part'),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.95),
    epsilon: positive.default(1e-10),
    ...commonOptions({ learningRate: 0.02, decayPlace: 'step' }),
  }),
  create: (options, setting) => {
    const adamShare = options.learningRate === 0 ? 0 : options.adamRate / options.learningRate;
    const { directions, rateShare } = muonGroups({ ...options, adamShare, adam: options }, setting);
    return assemble(options, setting, directions, { rateShare });
  },
});
