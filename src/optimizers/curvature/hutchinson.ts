import { mapNamed, type NamedTensors } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { product } from '../../chain/named-arithmetic.js';
import { rademacherLike, stepStream } from '../../chain/random.js';
import { type Surroundings } from '../../chain/refine.js';

export interface HutchinsonOptions {
  /** Names the random signs. */
  optimizer: string;
  /** Parameters whose diagonal is wanted; all active ones by default. */
  names?: readonly string[];
  samples?: number;
  /** Where the Hessian is taken, relative to the weights. */
  displacement?: NamedTensors;
}

/** mean of z ∘ H z over random signs z: an unbiased estimate of the Hessian's diagonal (Bekas et al. 2007). Inside a tidy. */
export function hessianDiagonal(
  { gradients, context, hessianTimes }: Surroundings,
  { optimizer, names = Object.keys(gradients), samples = 1, displacement = {} }: HutchinsonOptions,
): NamedTensors {
  const like = Object.fromEntries(names.map((name) => [name, gradients[name]!]));
  const estimates = Array.from({ length: samples }, (_, sample) => {
    const signs = rademacherLike(like, (name) => stepStream(context, optimizer, sample, name));
    return product(signs, hessianTimes(signs, displacement));
  });
  return mapNamed(like, (_, name) => tf.div(tf.addN(estimates.map((estimate) => estimate[name]!)), samples));
}

/** The parameters for which a refresh is due: every so many of their own updates, the first included. */
export function dueFor(names: readonly string[], every: number, updatesOf: (name: string) => number): string[] {
  return names.filter((name) => (updatesOf(name) - 1) % every === 0);
}
