import { z } from 'zod';
import { WeftError } from '../../errors.js';
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { tf, type Tensor } from '../../tensor/tf.js';
import { assemble, commonOptions, fraction, positive } from '../base/assemble.js';
import { optimizer } from '../entry.js';
import { normals, stepStream } from '../../chain/random.js';
import { type Link } from '../../chain/link.js';
import { type Slots } from '../../chain/state.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { momentumOverDiagonal } from '../../chain/transforms/over-diagonal.js';

export interface BayesianSamOptions {
  rho?: number;
  /** Number of training examples, which sets the width of the posterior. */
  dataSize: number;
  /** Fraction of the precision that is kept at each step. */
  beta2?: number;
  damping?: number;
  /** Precision of the prior: the weight decay. */
  weightDecay?: number;
  /** Initial value of the precision. */
  initial?: number;
}

/**
 * g at w + n/sqrt(N s), n ~ N(0, I); g_s at w + rho g/s, not normalized; the base divides by s; then
 * s <- b2 s + (1 - b2)(sqrt(s)|g| + damping + decay) (Moellenhoff & Khan 2023, algorithm 1).
 */
export function bayesianSam({
  rho = 0.05,
  dataSize,
  beta2 = 0.999,
  damping = 0.1,
  weightDecay = 0,
  initial = 1,
}: BayesianSamOptions): Link {
  const precisionOf = (slots: Slots, name: string, like: Tensor): Tensor =>
    slots.get('precision', name) ?? tf.fill(like.shape, initial);
  return {
    name: 'bsam',
    elementwise: { slots: ['precision'] },
    gradientEvaluations: 2,
    start({ parameters, slots, values }) {
      const noise = mapNamed(parameters, ({ shape, size }, name) =>
        values(shape, (at) => normals(size, stepStream(at, 'bsam', name))),
      );
      return mapNamed(noise, (n, name) => tf.div(n, tf.sqrt(tf.mul(precisionOf(slots, name, n), dataSize))));
    },
    update(gradients, { slots, gradientsAt, handOn }) {
      const precision: NamedTensors = mapNamed(gradients, (gradient, name) =>
        tf.clone(precisionOf(slots, name, gradient)),
      );
      const perturbed = gradientsAt(
        mapNamed(gradients, (gradient, name) => tf.mul(tf.div(gradient, precision[name]!), rho)),
      );
      for (const [name, gradient] of Object.entries(gradients)) {
        const s = precision[name]!;
        const estimate = tf.add(tf.mul(tf.sqrt(s), tf.abs(gradient)), damping + weightDecay);
        slots.set('precision', name, movingMean(s, estimate, beta2));
      }
      handOn(precision);
      return perturbed;
    },
  };
}

export const bayesianSamEntry = optimizer({
  name: 'bsam',
  kind: 'flatness',
  cost: '2',
  formula:
    'g at w + n/sqrt(N s); m <- mean of (gradient at w + rho g/s) + decay w; w <- w - lr m/s; s <- mean of sqrt(s)|g| + damping + decay',
  reference: 'Möllenhoff & Khan 2023, arXiv 2210.01620',
  schema: z.strictObject({
    name: z.literal('bsam'),
    rho: z.number().min(0).default(0.05).describe('strength of the perturbation g/s'),
    dataSize: positive.optional().describe('number of training examples; by default that of the current training'),
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.999),
    damping: positive.default(0.1).describe('added to the precision'),
    initial: positive.default(1).describe('initial precision'),
    ...commonOptions({ learningRate: 0.5, weightDecay: 1e-4 }),
  }),
  create: (options, setting) => {
    const dataSize = options.dataSize ?? setting.examples;
    if (dataSize === undefined)
      throw new WeftError('config', "'bsam' needs the number of training examples", 'set dataSize');
    const base = assemble(options, setting, [momentumOverDiagonal({ beta1: options.beta1, correctBias: false })]);
    return [bayesianSam({ ...options, dataSize }), ...base];
  },
});
