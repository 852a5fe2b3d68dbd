/** The diagonal of the Hessian estimated with random signs, and AdaHessian's mean of it. */
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf, type Tensor } from '../tensor/tf.js';
import { product } from './named-arithmetic.js';
import { randomSigns, stepStream } from './random.js';
import { type LinkStep } from './link.js';
import { movingMean } from './transforms/adaptive.js';

export interface HutchinsonOptions {
  /** Name of the optimizer, for the random stream. */
  optimizer: string;
  /** Parameters whose diagonal is wanted; all active ones by default. */
  names?: readonly string[];
  samples?: number;
  /** Where the Hessian is taken, relative to the weights. */
  displacement?: NamedTensors;
}

/**
 * mean of z ∘ H z over random signs z: an unbiased estimate of the Hessian's diagonal (Bekas et al. 2007). Inside a
 * tidy.
 */
export function hessianDiagonal(
  gradients: NamedTensors,
  { values, hessianTimes }: Pick<LinkStep, 'values' | 'hessianTimes'>,
  { optimizer, names = Object.keys(gradients), samples = 1, displacement = {} }: HutchinsonOptions,
): NamedTensors {
  const like = Object.fromEntries(names.map((name) => [name, gradients[name]!]));
  const estimates = Array.from({ length: samples }, (_, sample) => {
    const signs = mapNamed(like, (tensor, name) =>
      values(tensor.shape, (at) => randomSigns(tensor.size, stepStream(at, optimizer, sample, name))),
    );
    return product(signs, hessianTimes(signs, displacement));
  });
  return mapNamed(like, (_, name) => tf.div(tf.addN(estimates.map((estimate) => estimate[name]!)), samples));
}

export interface CurvatureRmsOptions {
  beta2?: number;
  /** Power of the root mean square. */
  power?: number;
}

/**
 * sqrt(v^)^k, v the decaying mean of D^2, D = |z ∘ H z| averaged over the window of each convolution kernel (Yao et al.
 * 2021, algorithm 1).
 */
export function curvatureRms(
  estimates: NamedTensors,
  { slots, scalar }: Pick<LinkStep, 'slots' | 'scalar'>,
  { beta2 = 0.999, power = 1 }: CurvatureRmsOptions = {},
): NamedTensors {
  return mapNamed(estimates, (estimate, name) => {
    const v = movingMean(slots.get('v', name), tf.square(overWindow(tf.abs(estimate))), beta2);
    slots.set('v', name, v);
    slots.advance(name);
    return tf.pow(
      tf.div(
        v,
        scalar(({ count }) => 1 - beta2 ** count(name)),
      ),
      power / 2,
    );
  });
}

/** Means over the two window axes of a convolution kernel [h, w, in, out], at every place. */
function overWindow(estimate: Tensor): Tensor {
  return estimate.rank === 4 ? tf.add(tf.zerosLike(estimate), tf.mean(estimate, [0, 1], true)) : estimate;
}

/**
 * The parameters whose estimate is due for a refresh, after every so many of their own updates, the first included;
 * counts this update.
 */
export function dueFor(
  names: readonly string[],
  every: number,
  { slots, choose }: Pick<LinkStep, 'slots' | 'choose'>,
): string[] {
  names.forEach(slots.advance);
  return names.filter((name) => choose(({ count }) => (count(name) - 1) % every === 0));
}
