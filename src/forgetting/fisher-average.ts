/** Combines the Fisher information of several architectures into one value per weight. */
import { z } from 'zod';
import { FISHER_KINDS } from '../curvature/index.js';
import { mapNamed, type NamedTensors } from '../tensor/named.js';
import { stream } from '../tensor/rng.js';
import { tf, tidy, type Tensor } from '../tensor/tf.js';

export const fisherSchema = z.strictObject({
  kind: z
    .enum(FISHER_KINDS)
    .default('empirical-sample')
    .describe(
      "squared gradients of single examples with their labels, with labels drawn from the model, or of the batch's mean",
    ),
  examples: z
    .int()
    .min(1)
    .default(128)
    .describe('examples of the Fisher part (for a text: sequences) used for an estimate'),
  batches: z.int().min(1).default(1).describe('number of estimates of that many examples that are averaged'),
  average: z.enum(['ema', 'accumulate']).default('ema').describe('moving average over architectures, or their sum'),
  momentum: z.number().min(0).max(1).default(0.9).describe('weight of the newest estimate in the moving average'),
  resetEvery: z
    .int()
    .min(0)
    .default(0)
    .describe('number of epochs after which the estimates are discarded and started again; 0 for never'),
  clipNorm: z.number().positive().optional().describe("bound of the norm of each tensor's Fisher information"),
  normalize: z
    .enum(['none', 'trace'])
    .default('none')
    .describe("'trace' scales each estimate to a mean of 1, so that a strength has the same meaning for every kind"),
});

export type FisherAverageOptions = z.output<typeof fisherSchema>;

/**
 * F <- (1 - m) F + m F', or F + F'; a missing past counts as zero. Then the norm of the tensor is bounded. Runs inside
 * a tidy.
 */
export function averaged(
  past: Tensor | undefined,
  fresh: Tensor,
  { average, momentum, clipNorm }: Pick<FisherAverageOptions, 'average' | 'momentum' | 'clipNorm'>,
): { value: Tensor; norm: Tensor | undefined } {
  const newest = average === 'ema' ? tf.mul(fresh, momentum) : fresh;
  const kept = past && (average === 'ema' ? tf.mul(past, 1 - momentum) : past);
  const value = kept ? tf.add(kept, newest) : newest;
  if (clipNorm === undefined) return { value: tf.clone(value), norm: undefined };
  const norm = tf.norm(value);
  return { value: tf.mul(value, tf.minimum(1, tf.div(clipNorm, tf.maximum(norm, 1e-30)))), norm };
}

/**
 * How an estimate is distributed over the weights before it is averaged: unchanged, or as a control that keeps its
 * mean.
 */
export type Spread = 'as-estimated' | 'uniform' | 'permuted';

/** The estimate, normalized to a mean of one if requested, and distributed over its weights; owned by the caller. */
export function spreadOut(
  fisher: NamedTensors,
  { normalize, spread, seed }: { normalize: 'none' | 'trace'; spread: Spread; seed: readonly (string | number)[] },
): NamedTensors {
  const names = Object.keys(fisher);
  if (names.length === 0) return {};
  if (normalize === 'none' && spread === 'as-estimated') return mapNamed(fisher, (tensor) => tf.clone(tensor));
  return tidy(() => {
    const size = names.reduce((sum, name) => sum + fisher[name]!.size, 0);
    const mean = tf.div(tf.addN(names.map((name) => tf.sum(fisher[name]!))), size);
    const scale = normalize === 'trace' ? tf.div(1, tf.maximum(mean, 1e-30)) : tf.scalar(1);
    if (spread === 'uniform') return mapNamed(fisher, (tensor) => tf.mul(tf.onesLike(tensor), tf.mul(mean, scale)));
    const scaled =
      normalize === 'trace'
        ? mapNamed(fisher, (tensor) => tf.mul(tensor, scale))
        : mapNamed(fisher, (tensor) => tf.clone(tensor));
    return spread === 'permuted' ? permuted(scaled, seed) : scaled;
  });
}

/** All values of all tensors in random places. */
function permuted(fisher: NamedTensors, [seed, ...name]: readonly (string | number)[]): NamedTensors {
  const tensors = Object.values(fisher);
  const all = tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1])));
  const order = tf.tensor1d(Int32Array.from(stream(seed!, 'permuted-fisher', ...name).permutation(all.size)), 'int32');
  const parts = tf.split(
    tf.gather(all, order),
    tensors.map((tensor) => tensor.size),
  );
  return Object.fromEntries(Object.keys(fisher).map((key, i) => [key, tf.reshape(parts[i]!, tensors[i]!.shape)]));
}
