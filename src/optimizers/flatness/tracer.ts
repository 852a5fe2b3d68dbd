/**
 * G-TRACER as reconstructed from its published abstract and introduction (Williams & Roberts 2023): the loss
 * plus
 * rho times the trace ratio tr(F^-1 F(w)), F diagonal empirical Fisher information of the gradient, its running mean
 * held fixed.
 */
import { z } from 'zod';
import { countNamed, mapNamed, type NamedTensors } from '../../tensor/named.js';
import { type Scalar, tf } from '../../tensor/tf.js';
import { assemble, commonOptions, fraction, positive } from '../base/assemble.js';
import { baseOption, createBase } from '../base/index.js';
import { optimizer } from '../entry.js';
import { difference, plusScaled, product, scaled } from '../../chain/named-arithmetic.js';
import { type Link } from '../../chain/link.js';
import { movingMean } from '../../chain/transforms/adaptive.js';
import { momentumOverDiagonal } from '../../chain/transforms/over-diagonal.js';
import { normOf } from './ascent.js';

export interface TracerOptions {
  /** Strength of the regularizer; scales like one over the number of weights. */
  rho?: number;
  /** Fraction of the Fisher information that is kept at each step. */
  beta?: number;
  /** Added to the Fisher information before division by it. */
  delta?: number;
  /** Distance of the second gradient, in weight space. */
  radius?: number;
  /** Number of first steps of each parameter in which its Fisher information converges and the regularizer is off. */
  settle?: number;
  /** Pass sqrt(f^) to the base as the diagonal that it divides by. */
  handsOnRoot?: boolean;
}

/**
 * g <- g + 2 rho H v with v = g/(f^ + delta), f the decaying mean of g^2, and H v = |v|(g(w + r v/|v|) - g)/r. With r =
 * 2 rho |v|
 * this is the gradient at w + 2 rho v: sharpness-aware minimization along the natural gradient.
 */
export function tracer({
  rho = 2e-5,
  beta = 0.99,
  delta = 1e-3,
  radius = 1e-2,
  settle = 100,
  handsOnRoot = false,
}: TracerOptions = {}): Link {
  return {
    name: 'tracer',
    elementwise: { slots: ['fisher'] },
    gradientEvaluations: 2,
    update(gradients, { slots, scalar, choose, gradientsAt, handOn, report }) {
      const fisher = mapNamed(gradients, (gradient, name) => {
        const f = movingMean(slots.get('fisher', name), tf.square(gradient), beta);
        slots.set('fisher', name, f);
        slots.advance(name);
        return tf.div(
          f,
          scalar(({ count }) => 1 - beta ** count(name)),
        );
      });
      const damped = mapNamed(fisher, (f) => tf.add(f, delta));
      const ready = Object.keys(gradients).filter((name) => choose(({ count }) => count(name) > settle));
      const natural = Object.fromEntries(ready.map((name) => [name, tf.div(gradients[name]!, damped[name]!)]));
      if (handsOnRoot) handOn(mapNamed(fisher, (f) => tf.sqrt(f)));
      report({ traceRatio: meanRatio(gradients, damped) });
      if (ready.length === 0) return gradients;
      const norm = normOf(natural);
      // Without a direction the penalty does not rise.
      const rise = difference(gradientsAt(scaled(natural, tf.divNoNan(radius, norm))), gradients);
      return plusScaled(gradients, tf.mul(norm, (2 * rho) / radius), rise);
    },
  };
}

/** Mean over all weights of g^2/(f^ + delta): the regularizer's value per weight. */
function meanRatio(gradients: NamedTensors, damped: NamedTensors): Scalar {
  const ratios = mapNamed(product(gradients, gradients), (square, name) => tf.sum(tf.div(square, damped[name]!)));
  return tf.div(tf.addN(Object.values(ratios)), countNamed(gradients));
}

const tracerOptions = {
  rho: z.number().min(0).default(2e-5).describe('strength; scales like one over the number of weights'),
  delta: positive
    .default(1e-3)
    .describe('damping of the Fisher information, of the order of the variance of the gradient'),
  radius: positive.default(1e-2).describe('distance of the second gradient'),
  settle: z
    .int()
    .min(0)
    .default(100)
    .describe('initial steps in which the Fisher information converges and the regularizer is off'),
};

export const sgdTracerEntry = optimizer({
  name: 'sgd-tracer',
  kind: 'flatness',
  cost: '2',
  formula: 'f <- mean of g^2; v = g/(f^ + delta); g <- g + 2 rho H v; base step',
  reference: 'reconstructed from Williams & Roberts 2023, arXiv 2306.13914',
  schema: z.strictObject({
    name: z.literal('sgd-tracer'),
    ...tracerOptions,
    beta: fraction.default(0.99).describe('share of the running Fisher information that is kept in a step'),
    base: baseOption({ name: 'momentum' }),
  }),
  create: (options, setting) => [tracer(options), ...createBase(options.base, setting)],
});

export const adamTracerEntry = optimizer({
  name: 'adam-tracer',
  kind: 'flatness',
  cost: '2',
  formula: 'v <- mean of g^2; m <- mean of g + 2 rho H g/(v^ + delta); w <- w - lr (m^/(sqrt(v^) + eps) + decay w)',
  reference: 'reconstructed from Williams & Roberts 2023, arXiv 2306.13914',
  schema: z.strictObject({
    name: z.literal('adam-tracer'),
    ...tracerOptions,
    beta1: fraction.default(0.9),
    beta2: fraction.default(0.999),
    epsilon: positive.default(1e-8),
    ...commonOptions({ learningRate: 1e-3, decayPlace: 'step' }),
  }),
  create: (options, setting) => [
    tracer({ ...options, beta: options.beta2, handsOnRoot: true }),
    ...assemble(options, setting, [momentumOverDiagonal(options)]),
  ],
});
