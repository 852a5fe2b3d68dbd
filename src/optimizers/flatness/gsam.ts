import { z } from 'zod';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { rateOf } from '../../chain/chain.js';
import { type Link } from '../../chain/link.js';
import { type Schedule } from '../../chain/schedule.js';
import { orthogonalPart, radiusOver } from './ascent.js';

export interface GsamOptions {
  /** Distance of the second gradient at each step. */
  rho: Schedule;
  /** Strength of the step against the surrogate gap. */
  alpha?: number;
}

/** g <- g_s - alpha (g - g_s (g·g_s)/|g_s|^2), g_s at w + rho g/|g| (Zhuang et al. 2022, algorithm 1). */
export function gsam({ rho, alpha = 0.4 }: GsamOptions): Link {
  return {
    name: 'gsam',
    elementwise: { slots: [] },
    gradientEvaluations: 2,
    update(gradients, { norm, scalar, gradientsAt }) {
      const distance = scalar(({ step }) => rho(step));
      const perturbed = gradientsAt(scaled(gradients, radiusOver(distance, norm)));
      return plusScaled(perturbed, -alpha, orthogonalPart(gradients, perturbed));
    },
  };
}

/**
 * From `minimum` to `maximum` in proportion to a learning rate between its own extremes over the training; `maximum` if
 * that is constant.
 */
export function proportionalTo(
  learningRate: Schedule,
  totalSteps: number,
  { minimum, maximum }: { minimum: number; maximum: number },
): Schedule {
  const rates = Array.from({ length: Math.max(1, totalSteps) }, (_, step) => learningRate(step));
  const [lowest, highest] = rates.reduce(([low, high], rate) => [Math.min(low, rate), Math.max(high, rate)] as const, [
    Infinity,
    -Infinity,
  ] as const);
  if (highest === lowest) return () => maximum;
  return (step) => minimum + ((maximum - minimum) * (learningRate(step) - lowest)) / (highest - lowest);
}

export const gsamEntry = optimizer({
  name: 'gsam',
  kind: 'flatness',
  cost: '2',
  formula:
    'g_s at w + rho g/|g|; g <- g_s - alpha (part of g orthogonal to g_s); rho follows the learning rate; base step',
  reference: 'Zhuang et al. 2022, arXiv 2203.08065',
  schema: z.strictObject({
    name: z.literal('gsam'),
    rho: z.number().min(0).default(0.05).describe('distance of the second gradient at the highest learning rate'),
    rhoMinimum: z.number().min(0).default(0.01).describe('the same at the lowest learning rate'),
    alpha: z.number().min(0).default(0.4),
    base: baseOption(),
  }),
  create: ({ rho, rhoMinimum, alpha, base: baseConfig }, setting) => {
    const base = createBase(baseConfig, setting);
    const range = { minimum: Math.min(rho, rhoMinimum), maximum: rho };
    return [gsam({ rho: proportionalTo(rateOf(base), setting.totalSteps, range), alpha }), ...base];
  },
});
