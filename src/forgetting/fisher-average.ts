/** Combines the Fisher information of several architectures into one value per weight. */
import { z } from 'zod';
import { FISHER_KINDS } from '../curvature/index.js';
import { stream } from '../tensor/rng.js';

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

/** Values of weights by name, in the order of their tensors. */
export type NamedValues = Readonly<Record<string, Float32Array>>;

/**
 * F <- (1 - m) F + m F', or F + F'; a missing past counts as zero. Then the norm of the tensor, which is returned as it
 * was before, is bounded.
 */
export function averaged(
  past: Float32Array | undefined,
  fresh: Float32Array,
  { average, momentum, clipNorm = Infinity }: Pick<FisherAverageOptions, 'average' | 'momentum' | 'clipNorm'>,
): { value: Float32Array; norm: number } {
  // In float32, as a tensor's kernels compute it.
  const { fround } = Math;
  const [kept, added] = average === 'ema' ? [fround(1 - momentum), fround(momentum)] : [1, 1];
  const value = fresh.map((one, i) => fround((past?.[i] ?? 0) * kept) + fround(one * added));
  const norm = Math.sqrt(value.reduce((sum, one) => sum + one * one, 0));
  return { value: norm > clipNorm ? value.map((one) => (one * clipNorm) / norm) : value, norm };
}

/**
 * How an estimate is distributed over the weights before it is averaged: unchanged, or as a control that keeps its
 * mean.
 */
export type Spread = 'as-estimated' | 'uniform' | 'permuted';

/** The estimate, normalized to a mean of one if requested, and distributed over its weights. */
export function spreadOut(
  fisher: NamedValues,
  { normalize, spread, seed }: { normalize: 'none' | 'trace'; spread: Spread; seed: readonly (string | number)[] },
): NamedValues {
  const all = Object.values(fisher);
  const size = all.reduce((sum, { length }) => sum + length, 0);
  if (size === 0 || (normalize === 'none' && spread === 'as-estimated')) return fisher;
  const total = all.reduce((sum, values) => values.reduce((part, value) => part + value, sum), 0);
  const mean = total / size;
  const scale = normalize === 'trace' ? 1 / Math.max(mean, 1e-30) : 1;
  const each = (of: (value: number) => number): NamedValues =>
    Object.fromEntries(Object.entries(fisher).map(([name, values]) => [name, values.map(of)]));
  if (spread === 'uniform') return each(() => mean * scale);
  const scaled = each((value) => value * scale);
  return spread === 'permuted' ? permuted(scaled, size, seed) : scaled;
}

/** All values of all tensors in random places. */
function permuted(fisher: NamedValues, size: number, [seed, ...name]: readonly (string | number)[]): NamedValues {
  const all = new Float32Array(size);
  let end = 0;
  for (const values of Object.values(fisher)) {
    all.set(values, end);
    end += values.length;
  }
  const order = stream(seed!, 'permuted-fisher', ...name).permutation(size);
  let place = 0;
  return Object.fromEntries(
    Object.entries(fisher).map(([key, values]) => [key, values.map(() => all[order[place++]!]!)]),
  );
}
