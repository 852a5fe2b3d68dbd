/** Muon's two groups of parameters, for the optimizer and for the preconditioner of that name (Jordan et al. 2024). */
import { z } from 'zod';
import { type TrainingSetting } from '../setting.js';
import { type Link, type RateShare } from '../link.js';
import { type AdamOptions, scaleByAdam } from './adaptive.js';
import { masked, type UpdateMask } from './masked.js';
import { type MuonOptions, orthogonalizedMomentum } from './orthogonalize.js';

/** Options of the orthogonalized group, with their defaults. */
export const muonOptions = {
  momentum: z.number().min(0).lt(1).default(0.95),
  nesterov: z.boolean().default(true),
  iterations: z.int().min(1).max(1000).default(5).describe('Newton-Schulz iterations'),
  precision: z
    .enum(['float32', 'bfloat16'])
    .default('float32')
    .describe('numbers in which the iterations are computed; bfloat16 is for processors with AMX'),
};

export interface MuonGroupsOptions extends MuonOptions {
  /**
   * Parameters that Adam always trains: those whose name starts with one of these, or has one of them as a path
   * component (`width4/classifier/kernel`).
   */
  adamFor: readonly string[];
  /** Adam's learning rate relative to Muon's. */
  adamShare: number;
  adam: AdamOptions;
}

/**
 * Muon's two groups of parameters: kernels, whose updates are orthogonalized, and everything else, which Adam trains at
 * its own rate.
 */
export interface MuonGroups {
  /** Directions of both groups. */
  readonly directions: readonly Link[];
  /** Each parameter's factor of the learning rate, for both its step and its decay. */
  readonly rateShare: RateShare;
}

export function muonGroups(
  { adamFor, adamShare, adam, ...options }: MuonGroupsOptions,
  { roleOf }: TrainingSetting,
): MuonGroups {
  const isMatrix: UpdateMask = (name, { rank }) =>
    rank > 1 && (roleOf?.(name) ?? 'kernel') === 'kernel' && !adamFor.some((layer) => isIn(layer, name));
  const isOther: UpdateMask = (name, update) => !isMatrix(name, update);
  return {
    directions: [masked(isMatrix, orthogonalizedMomentum(options)), masked(isOther, scaleByAdam(adam))],
    rateShare: (name, update) => (isMatrix(name, update) ? 1 : adamShare),
  };
}

/** Whether a parameter belongs to a layer: its name starts with the layer's, or has it as a path component. */
const isIn = (layer: string, parameter: string): boolean =>
  parameter.startsWith(layer) || parameter.split('/').includes(layer);

/** Usual names of classifiers and other last layers. */
export const LAST_LAYERS = ['classifier', 'head', 'logits', 'output'];
