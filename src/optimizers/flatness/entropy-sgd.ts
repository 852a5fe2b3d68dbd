import { z } from 'zod';
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { normals, stepStream } from '../../chain/random.js';
import { type Link } from '../../chain/link.js';
import { movingMean } from '../../chain/transforms/adaptive.js';

export interface EntropySgdOptions {
  /** Langevin steps. */
  iterations?: number;
  /** Size of a Langevin step. */
  innerRate?: number;
  /** Strength of the pull back to the weights in the first training step. */
  gamma?: number;
  /** The pull grows by a factor of 1 + scoping per step. */
  scoping?: number;
  noise?: number;
  /** Fraction of the running mean of visited points that is kept at a Langevin step. */
  decay?: number;
}

/**
 * Local entropy by Langevin dynamics x <- x - eta (g(x) + gamma (x - w)) + sqrt(2 eta) noise N(0, I), mu <- decay mu +
 * (1 - decay) x from x = mu = w; the base receives w - mu (Chaudhari et al. 2017, algorithm 1, in the units of its
 * code). Positions are relative to w.
 */
export function entropySgd({
  iterations = 20,
  innerRate = 0.1,
  gamma = 1e-2,
  scoping = 0,
  noise = 1e-4,
  decay = 0.75,
}: EntropySgdOptions = {}): Link {
  return {
    name: 'entropy-sgd',
    gradientEvaluations: iterations,
    update(gradients, { scalar, values, gradientsAt }) {
      const pull = scalar(({ step }) => gamma * (1 + scoping) ** step);
      let position: NamedTensors = mapNamed(gradients, (gradient) => tf.zerosLike(gradient));
      let mean = position;
      for (let i = 0; i < iterations; i++) {
        const downhill = plusScaled(i === 0 ? gradients : gradientsAt(position), pull, position);
        const moved = plusScaled(position, -innerRate, downhill);
        position =
          noise > 0
            ? plusScaled(
                moved,
                noise * Math.sqrt(2 * innerRate),
                mapNamed(gradients, ({ shape, size }, name) =>
                  values(shape, (at) => normals(size, stepStream(at, 'entropy-sgd', i, name))),
                ),
              )
            : moved;
        const here = position;
        mean = mapNamed(mean, (tensor, name) => movingMean(tensor, here[name]!, decay));
      }
      return scaled(mean, -1);
    },
  };
}

export const entropySgdEntry = optimizer({
  name: 'entropy-sgd',
  kind: 'flatness',
  cost: 'iterations (20)',
  formula:
    'x <- x - eta (g(x) + gamma (x - w)) + noise, mu <- mean of x, L times; base step with w - mu as the gradient',
  reference: 'Chaudhari et al. 2017, arXiv 1611.01838',
  schema: z.strictObject({
    name: z.literal('entropy-sgd'),
    iterations: z.int().min(1).max(10_000).default(20).describe('Langevin steps'),
    innerRate: z.number().positive().default(0.1).describe('size of a Langevin step'),
    gamma: z.number().min(0).default(1e-2).describe('pull back to the weights'),
    scoping: z.number().min(0).default(0).describe('relative growth of the pull per step'),
    noise: z.number().min(0).default(1e-4),
    decay: z.number().min(0).lt(1).default(0.75).describe('share of the running mean that is kept in a Langevin step'),
    base: baseOption({ name: 'sgd', learningRate: 1, schedule: { name: 'constant' } }),
  }),
  create: (options, setting) => [entropySgd(options), ...createBase(options.base, setting)],
});
