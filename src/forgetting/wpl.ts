/** The weight plasticity loss, and elastic weight consolidation, which differs in the anchors that it remembers. */
import { z } from 'zod';
import { ownValue } from '../errors.js';
import { fisherSchema } from './fisher-average.js';
import { quadratic, quadraticOptions } from './quadratic.js';
import { regularizer } from './regularizer.js';

/**
 * The constants of the first published code (arXiv 1902.08232, recurrent cells): F <- α clip((1 - λ) F + λ g²) with λ =
 * 0.9 and g the
 * gradient of one validation batch, α inside what is stored, only the edges' weights, the penalty inside the clipped
 * gradient.
 */
const MMF2019 = {
  alpha: 60,
  alphaDecay: { from: 15, by: 1 },
  step: 'loss',
  scope: 'edges',
  start: 5,
  fisher: { kind: 'batch', examples: 64, average: 'ema', momentum: 0.9, resetEvery: 2, clipNorm: 10 },
} as const;

const PRESETS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { mmf2019: MMF2019 };

/** Explicit options over those of the preset. */
export function withPreset(input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input;
  const { name, preset, ...own } = input as { name?: unknown; preset?: unknown };
  const constants = name === 'wpl' && typeof preset === 'string' ? ownValue(PRESETS, preset) : undefined;
  if (!constants) return input;
  return {
    ...constants,
    ...input,
    fisher: { ...(constants['fisher'] as object), ...(own as { fisher?: object }).fisher },
  };
}

export const wpl = regularizer({
  name: 'wpl',
  formula: 'L + (alpha/2) sum F (w - w^)^2 over the weights of the sampled architecture; w^ as last trained',
  cost: 'one backward pass per architecture, two copies of the weights',
  reference: 'Benyahia, Yu et al. 2019, arXiv 1902.08232',
  schema: z.strictObject({
    name: z.literal('wpl'),
    preset: z.enum(['mmf2019']).optional().describe('the constants and the recursion of the first published code'),
    ...quadraticOptions,
  }),
  create: (options, setting) => quadratic(options, { name: 'wpl', alphaInside: options.preset === 'mmf2019' }, setting),
});

export const ewc = regularizer({
  name: 'ewc',
  formula: 'L + (alpha/2) sum over all earlier architectures k of sum F_k (w - w^_k)^2',
  cost: 'one backward pass per architecture, two copies of the weights',
  reference: 'Kirkpatrick et al. 2017, arXiv 1612.00796; the sum of quadratics kept as one, as in Huszar 2018',
  schema: z.strictObject({
    name: z.literal('ewc'),
    ...quadraticOptions,
    fisher: fisherSchema
      .omit({ average: true, momentum: true })
      .prefault({})
      .describe('how the importance of each weight is estimated'),
  }),
  create: (options, setting) =>
    quadratic(
      { ...options, fisher: { ...options.fisher, average: 'accumulate', momentum: 1 } },
      { name: 'ewc', anchor: 'weighted' },
      setting,
    ),
});
