import { z } from 'zod';
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { scaled } from '../named-arithmetic.js';
import { refined, type RefinementRule } from '../refine.js';
import { NORM_EPSILON } from './ascent.js';

export interface LookSamOptions {
  rho?: number;
  /** Steps from one second gradient to the next. */
  every?: number;
  alpha?: number;
}

/** Where the orthogonal part is smaller than this share of the gradient, it is rounding error. */
const SMALLEST_SHARE = 1e-5;

/**
 * Every k steps g <- g_s, the gradient at w + rho g/|g|, whose part g_v orthogonal to g is stored; in between
 * g <- g + alpha |g|/|g_v| g_v (Liu et al. 2022, algorithm 1), with norms of each tensor by itself.
 */
export function lookSamRule({ rho = 0.1, every = 5, alpha = 0.7 }: LookSamOptions = {}): RefinementRule {
  return {
    name: 'looksam',
    gradientEvaluations: 1 + 1 / every,
    refine({ gradients, norm, slots, context, gradientsAt }) {
      if (context.step % every !== 0) {
        return { gradients: mapNamed(gradients, (gradient, name) => withStoredPart(gradient, slots.get('orthogonal', name), alpha)) };
      }
      const perturbed = gradientsAt(scaled(gradients, rho / (norm + NORM_EPSILON)));
      storeOrthogonalParts(perturbed, gradients, (name, part) => slots.set('orthogonal', name, part));
      return { gradients: perturbed };
    },
  };
}

function withStoredPart(gradient: Tensor, part: Tensor | undefined, alpha: number): Tensor {
  if (!part) return gradient;
  return tf.add(gradient, tf.mul(part, tf.div(tf.mul(tf.norm(gradient), alpha), tf.add(tf.norm(part), 1e-8))));
}

function storeOrthogonalParts(perturbed: NamedTensors, gradients: NamedTensors, store: (name: string, part: Tensor) => void): void {
  for (const [name, second] of Object.entries(perturbed)) {
    const first = gradients[name]!;
    const share = tf.div(tf.sum(tf.mul(second, first)), tf.add(tf.sum(tf.square(first)), NORM_EPSILON));
    const part = tf.sub(second, tf.mul(first, share));
    const counts = tf.cast(tf.greater(tf.norm(part), tf.mul(tf.norm(second), SMALLEST_SHARE)), 'float32');
    store(name, tf.mul(part, counts));
  }
}

export const lookSam = optimizer({
  name: 'looksam', kind: 'flatness', cost: '1 + 1/every (1.2)',
  formula: 'every k steps g <- g_s at w + rho g/|g|, g_v <- its part orthogonal to g; else g <- g + alpha |g|/|g_v| g_v; base step',
  reference: 'Liu et al. 2022, arXiv 2203.02714',
  schema: z.strictObject({
    name: z.literal('looksam'),
    rho: z.number().min(0).default(0.1).describe('distance of the second gradient'),
    every: z.int().min(1).default(5).describe('steps from one second gradient to the next'),
    alpha: z.number().min(0).default(0.7).describe('share of the stored part in the steps between'),
    base: baseOption(),
  }),
  create: (options, setting) => refined(createBase(options.base, setting), lookSamRule(options)),
});
