import { z } from 'zod';
import { WeftError } from '../../errors.js';
import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { type Tensor1D, tf, tidy } from '../../tensor/tf.js';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { plusScaled, scaled } from '../../chain/named-arithmetic.js';
import { stepStream } from '../../chain/random.js';
import { type Link, type LinkStep } from '../../chain/link.js';
import { normOf, radiusOver } from './ascent.js';

export interface EfficientSamOptions {
  rho?: number;
  /** Probability that each parameter tensor is perturbed. */
  beta?: number;
  /** Share of the examples on which the second gradient is taken: those whose loss rises most. */
  gamma?: number;
}

/** Cost of a forward pass in units of a gradient: one of its three matrix products. */
const FORWARD_COST = 1 / 3;

/**
 * g <- gradient at w + e on the share gamma of the batch whose loss rises most from w to w + e; e = rho g/(beta |g|) on
 * tensors
 * drawn with chance beta, 0 on the others (Du et al. 2022, algorithm 1; tensors are drawn whole, as in its code).
 */
export function efficientSam({ rho = 0.05, beta = 0.6, gamma = 0.5 }: EfficientSamOptions = {}): Link {
  return {
    name: 'esam',
    gradientEvaluations: 1 + gamma + (gamma < 1 ? 2 * FORWARD_COST : 0),
    smallestPart: (batchSize) => (gamma < 1 ? chosenOf(batchSize, gamma) : batchSize),
    update(gradients, step) {
      // Not drawn, a tensor is displaced by zero: which ones are drawn changes from step to step.
      const drawn = mapNamed(gradients, (gradient, name) =>
        tf.mul(
          gradient,
          step.scalar((moment) => (stepStream(moment, 'esam', name).uniform() < beta ? 1 : 0)),
        ),
      );
      const displacement = scaled(drawn, radiusOver(rho / beta, normOf(drawn)));
      return step.gradientsAt(displacement, gamma < 1 ? mostSensitive(step, displacement, gamma) : undefined);
    },
  };
}

/** Positions of the examples whose loss the displacement raises most, int32 [n] in ascending order. */
function mostSensitive({ parameters, context, charge }: LinkStep, displacement: NamedTensors, share: number): Tensor1D {
  const { exampleLosses, batchSize } = context;
  if (!exampleLosses || batchSize === undefined) {
    throw new WeftError(
      'unsupported',
      "'esam' needs the loss of each example, which this training does not provide",
      'set gamma: 1',
    );
  }
  charge(2 * FORWARD_COST);
  return tidy(() => {
    const rises = tf.sub(exampleLosses(plusScaled(parameters, 1, displacement)), exampleLosses(parameters));
    const count = chosenOf(batchSize, share);
    const { indices } = tf.topk(rises, count);
    const descending = tf.topk(tf.cast(indices, 'float32'), count).values;
    return tf.cast(tf.reverse(descending), 'int32') as Tensor1D;
  });
}

const chosenOf = (batchSize: number, share: number): number => Math.max(1, Math.floor(share * batchSize));

export const efficientSamEntry = optimizer({
  name: 'esam',
  kind: 'flatness',
  cost: '1 + gamma + 2/3 (2.17)',
  formula:
    'e = rho g/(beta |g|) on a share beta of the tensors; g <- gradient at w + e on the share gamma of examples whose loss rises most; base step',
  reference: 'Du et al. 2022, arXiv 2110.03141',
  schema: z.strictObject({
    name: z.literal('esam'),
    rho: z.number().min(0).default(0.05).describe('distance of the second gradient'),
    beta: z.number().gt(0).max(1).default(0.6).describe('probability that a tensor is perturbed'),
    gamma: z.number().gt(0).max(1).default(0.5).describe('share of the examples in the second gradient'),
    base: baseOption(),
  }),
  create: (options, setting) => [efficientSam(options), ...createBase(options.base, setting)],
});
