/** Sharpness-aware minimization in three metrics: Euclidean, scaled by the weights, and by Fisher information. */
import { z } from 'zod';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { type Mask } from '../../chain/transforms/decay.js';
import { ascent, radiusOver } from './ascent.js';

/** g <- gradient at w + rho g/|g| (Foret et al. 2021, equation 2 without its second-order term). */
export function sam({ rho = 0.05, shards }: { rho?: number; shards?: number } = {}): Link {
  return {
    name: 'sam',
    elementwise: { slots: [] },
    gradientEvaluations: 2,
    shards,
    update: (gradients, { norm, gradientsAt }) => gradientsAt(scaled(gradients, radiusOver(rho, norm))),
  };
}

export interface AsamOptions {
  rho?: number;
  /** Added to |w|. */
  eta?: number;
  /** The parameters whose ball is scaled by their size; the others have T = 1. */
  scales?: Mask;
  /** Parts of the batch that are perturbed separately. */
  shards?: number;
}

/** g <- gradient at w + rho T^2 g/|T g| with T = |w| + eta (Kwon et al. 2021, equation 6). */
export function asam({ rho = 0.5, eta = 0.01, scales = () => true, shards }: AsamOptions = {}): Link {
  return {
    name: 'asam',
    elementwise: { slots: [], kind: (parameter) => String(scales(parameter)) },
    gradientEvaluations: 2,
    shards,
    update(gradients, { parameters, gradientsAt }) {
      const sizes = mapNamed(gradients, (gradient, name) =>
        scales(name) ? tf.add(tf.abs(parameters[name]!), eta) : tf.onesLike(gradient),
      );
      return gradientsAt(ascent(gradients, rho, sizes));
    },
  };
}

/**
 * g <- gradient at w + rho F^-1 g/sqrt(g F^-1 g) with F = I + eta diag(g^2) (Kim et al. 2022, with the batch's gradient
 * for each example's).
 */
export function fisherSam({ rho = 0.05, eta = 1, shards }: { rho?: number; eta?: number; shards?: number } = {}): Link {
  return {
    name: 'fisher-sam',
    elementwise: { slots: [] },
    gradientEvaluations: 2,
    shards,
    update(gradients, { gradientsAt }) {
      const roots = mapNamed(gradients, (gradient) => tf.rsqrt(tf.add(tf.mul(tf.square(gradient), eta), 1)));
      return gradientsAt(ascent(gradients, rho, roots));
    },
  };
}

const shards = z.int().min(1).default(1).describe('parts of the batch that are perturbed separately (m-sharpness)');

export const samEntry = optimizer({
  name: 'sam',
  kind: 'flatness',
  cost: '2',
  formula: 'g <- gradient at w + rho g/|g|; base step',
  reference: 'Foret et al. 2021, arXiv 2010.01412',
  schema: z.strictObject({
    name: z.literal('sam'),
    rho: z.number().min(0).default(0.05).describe('distance of the second gradient'),
    shards,
    base: baseOption(),
  }),
  create: (options, setting) => [sam(options), ...createBase(options.base, setting)],
});

export const asamEntry = optimizer({
  name: 'asam',
  kind: 'flatness',
  cost: '2',
  formula: 'g <- gradient at w + rho T^2 g/|T g|, T = |w| + eta; base step',
  reference: 'Kwon et al. 2021, arXiv 2102.11600',
  schema: z.strictObject({
    name: z.literal('asam'),
    rho: z.number().min(0).default(0.5).describe('distance of the second gradient, relative to the weights'),
    eta: z.number().min(0).default(0.01).describe('added to the size of each weight'),
    biases: z.boolean().default(false).describe('scale biases by their size too, and not only weights'),
    shards,
    base: baseOption(),
  }),
  create: (options, setting) => {
    const scales: Mask = (name) => options.biases || !['bias', 'offset'].includes(setting.roleOf?.(name) ?? 'kernel');
    return [asam({ ...options, scales }), ...createBase(options.base, setting)];
  },
});

export const fisherSamEntry = optimizer({
  name: 'fisher-sam',
  kind: 'flatness',
  cost: '2',
  formula: 'g <- gradient at w + rho F^-1 g/sqrt(g F^-1 g), F = 1 + eta g^2; base step',
  reference: 'Kim et al. 2022, arXiv 2206.04920',
  schema: z.strictObject({
    name: z.literal('fisher-sam'),
    rho: z.number().min(0).default(0.05).describe('distance of the second gradient'),
    eta: z.number().min(0).default(1).describe('weight of Fisher information relative to the identity; 0 is SAM'),
    shards,
    base: baseOption(),
  }),
  create: (options, setting) => [fisherSam(options), ...createBase(options.base, setting)],
});
