import { z } from 'zod';
import { type NamedTensors, pickNamed } from '../../tensor/named.js';
import { type Scalar, tf } from '../../tensor/tf.js';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { type Slots } from '../../chain/state.js';
import { normOf, orthogonalPart, radiusOver } from './ascent.js';

export interface LookSamOptions {
  rho?: number;
  /** Steps between two second gradients. */
  every?: number;
  alpha?: number;
  /** Compute norms and projections for each tensor separately, as some implementations do. */
  perTensor?: boolean;
}

/** An orthogonal part smaller than this fraction of the gradient is rounding error. */
const SMALLEST_SHARE = 1e-5;

/**
 * Every k steps g <- g_s, the gradient at w + rho g/|g|, whose part g_v orthogonal to g is stored; in between
 * g <- g + alpha |g|/|g_v| g_v (Liu et al. 2022, algorithm 1). Only g_v/|g_v| is stored.
 */
export function lookSam({ rho = 0.1, every = 5, alpha = 0.7, perTensor = false }: LookSamOptions = {}): Link {
  const groupsOf = (tensors: NamedTensors): NamedTensors[] =>
    perTensor ? Object.entries(tensors).map(([name, tensor]) => ({ [name]: tensor })) : [tensors];
  return {
    name: 'looksam',
    gradientEvaluations: 1 + 1 / every,
    ...(!perTensor && { elementwise: { slots: ['orthogonal'] } }),
    update(gradients, { norm, slots, choose, gradientsAt }) {
      if (!choose(({ step }) => step % every === 0)) {
        const parts = groupsOf(gradients).map((group) =>
          withStoredPart(group, slots, alpha, perTensor ? normOf(group) : norm),
        );
        return Object.assign({}, ...parts) as NamedTensors;
      }
      const perturbed = gradientsAt(scaled(gradients, radiusOver(rho, norm)));
      for (const group of groupsOf(perturbed)) storeOrthogonalPart(group, gradients, slots);
      return perturbed;
    },
  };
}

/** g + alpha |g| u for the unit vectors that have been stored; a tensor without one keeps its gradient. */
function withStoredPart(gradients: NamedTensors, slots: Slots, alpha: number, norm: Scalar): NamedTensors {
  const stored = Object.fromEntries(
    Object.keys(gradients).flatMap((name) => {
      const part = slots.get('orthogonal', name);
      return part ? [[name, part] as const] : [];
    }),
  );
  return plusScaled(gradients, tf.mul(norm, alpha), stored);
}

function storeOrthogonalPart(perturbed: NamedTensors, gradients: NamedTensors, slots: Slots): void {
  const part = orthogonalPart(perturbed, pickNamed(gradients, Object.keys(perturbed)));
  const length = normOf(part);
  const counts = tf.greater(length, tf.mul(normOf(perturbed), SMALLEST_SHARE));
  const factor = tf.where(counts, tf.div(1, length), 0);
  for (const [name, tensor] of Object.entries(part)) slots.set('orthogonal', name, tf.mul(tensor, factor));
}

export const lookSamEntry = optimizer({
  name: 'looksam',
  kind: 'flatness',
  cost: '1 + 1/every (1.2)',
  formula:
    'every k steps g <- g_s at w + rho g/|g|, g_v <- its part orthogonal to g; else g <- g + alpha |g|/|g_v| g_v; base step',
  reference: 'Liu et al. 2022, arXiv 2203.02714',
  schema: z.strictObject({
    name: z.literal('looksam'),
    rho: z.number().min(0).default(0.1).describe('distance of the second gradient'),
    every: z.int().min(1).default(5).describe('steps from one second gradient to the next'),
    alpha: z.number().min(0).default(0.7).describe('share of the stored part in the steps between'),
    perTensor: z.boolean().default(false).describe('compute norms and projections separately for each tensor'),
    base: baseOption(),
  }),
  create: (options, setting) => [lookSam(options), ...createBase(options.base, setting)],
});
