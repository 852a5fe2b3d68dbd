import { z } from 'zod';
import { optimizer } from '../entry.js';
import { scaled } from '../../chain/named-arithmetic.js';
import { type GradientTransform } from '../../chain/transform.js';
import { scaleByAdam } from '../../chain/transforms/adaptive.js';
import { type Mask } from '../../chain/transforms/decay.js';
import { masked } from '../../chain/transforms/masked.js';
import { orthogonalizedMomentum } from '../../chain/transforms/orthogonalize.js';
import { assemble, commonOptions, fraction, positive } from './assemble.js';

/** Updates times a constant. */
function scaleBy(factor: number): GradientTransform {
  return { name: 'scale', update: (updates) => scaled(updates, factor) };
}

export const muon = optimizer({
  name: 'muon',
  kind: 'base',
  cost: '1',
  formula: 'm <- mean of g; w <- w - lr sqrt(max(1, out/in)) orthogonalized(m); AdamW for what is no matrix',
  reference: 'Jordan et al. 2024',
  schema: z.strictObject({
    name: z.literal('muon'),
    momentum: fraction.default(0.95),
    nesterov: z.boolean().default(true),
    iterations: z.int().min(1).default(5).describe('Newton-Schulz iterations'),
    adamRate: z
      .number()
      .min(0)
      .default(3e-4)
      .describe('learning rate of biases, normalization, embeddings and the parameters in `adamFor`'),
    adamFor: z
      .array(z.string())
      .default(['classifier', 'head', 'logits'])
      .describe('parameters that Adam trains: those whose name starts so'),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.95),
    epsilon: positive.default(1e-10),
    ...commonOptions({ learningRate: 0.02, decayPlace: 'step' }),
  }),
  create: (options, setting) => {
    const isMatrix: Mask = (name) =>
      (setting.roleOf?.(name) ?? 'kernel') === 'kernel' && !options.adamFor.some((prefix) => name.startsWith(prefix));
    const isOther: Mask = (name) => !isMatrix(name);
    const adamShare = options.learningRate === 0 ? 0 : options.adamRate / options.learningRate;
    return assemble(options, setting, [
      masked(isMatrix, orthogonalizedMomentum(options)),
      masked(isOther, scaleByAdam(options)),
      masked(isOther, scaleBy(adamShare)),
    ]);
  },
});
