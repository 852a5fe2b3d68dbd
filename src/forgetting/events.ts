/**
 * Events of a search about forgetting. Differences are second measurement minus first: positive means that training
 * other architectures has harmed an earlier one. Losses are mean cross-entropies in nats, errors are 1 - accuracy.
 */
import { type Json } from '../operations/operation.js';

export type ForgettingEvent =
  /** Once at the start: what is measured, and the regularizer against forgetting. */
  | {
      type: 'forgetting-config';
      regularizer: string;
      options: Json;
      /** Null if the regularizer uses no Fisher information. */
      fisherKind: string | null;
      scope: string | null;
      /** The measure on which verdicts are based; events carry both. */
      metric: 'loss' | 'accuracy';
      /** Epochs between two measurements. */
      every: { epochs: number };
      /** Number of validation batches on which an architecture is measured, the same ones throughout an epoch. */
      batches: number;
      fisherExamples: number;
      /** Number of weights that the regularizer watches. */
      monitored: { parameters: number; tensors: number };
    }
  /** Before an architecture is trained: how good sharing has made it without training of its own. */
  | { type: 'zero-shot'; epoch: number; index: number; architecture: string; loss0: number; err0: number }
  /** Right after an architecture was trained. */
  | {
      type: 'architecture-trained';
      epoch: number;
      index: number;
      step: number;
      architecture: string;
      /** Weights that it has in common with the one trained before it. */
      sharedWith: number;
      loss1: number;
      err1: number;
      batches: number;
      /** Mean training cross-entropy of its steps. */
      ce: number;
      /** Penalty of the regularizer at the end of its steps, in nats. */
      penalty: number;
      gradientNorm: number | null;
      learningRate: number;
      alpha: number;
      fisherTrace: number;
      /** Learning rate times alpha times the largest Fisher information: an explicit step is unstable from 2 on. */
      maxStep: number;
    }
  /** At the end of the epoch, for every architecture trained in it. */
  | { type: 'architecture-revisited'; epoch: number; index: number; architecture: string; loss2: number; err2: number }
  /** The epoch in one line; differences of the loss. */
  | {
      type: 'forgetting-epoch';
      epoch: number;
      count: number;
      meanDiff: number;
      /** Mean over the five architectures with the lowest first loss. */
      best5Diff: number;
      maxDiff: number;
      p95Diff: number;
      meanLoss1: number;
      meanLoss2: number;
      meanErr1: number;
      meanErr2: number;
      /** Kendall's tau-b of first and second loss: whether forgetting changes the order. Null if undefined. */
      tau12: number | null;
      /** Mean reward of the epoch's controller samples; null in an epoch without any. */
      reward: number | null;
      alpha: number;
      fisherTrace: number;
    }
  /**
   * Accuracy of each architecture of an epoch after each of its trainings: row t after event t. Only of runs that were
   * asked for it.
   */
  | { type: 'forgetting-matrix'; epoch: number; accuracy: (number | null)[][] }
  /** At the end of the epoch, per watched tensor. */
  | { type: 'forgetting-tensors'; epoch: number; tensors: ForgettingTensor[] }
  /** At the end of the epoch, of elastic spaces that were asked for it: what training one size costs the others. */
  | ForgettingWidths;

/**
 * Changes of losses in nats when one network is trained alone for some steps on a copy of the shared weights, with a
 * fresh optimizer: by row of the trained network and column of the measured one, both from the smallest to the largest;
 * positive means harm.
 */
export interface ForgettingWidths {
  type: 'forgetting-widths';
  epoch: number;
  steps: number;
  networks: { architecture: string; parameters: number }[];
  /** Loss of each network before. */
  loss: number[];
  change: number[][];
  /**
   * The contributions of the entries that a network reads and the next smaller one does not; they add up to the change
   * up to third order in the step.
   */
  blocks: { entries: number; change: number[][] }[];
  /** The contribution of each tensor; `blocks` holds those of its blocks, as means over pairs of different networks. */
  tensors: { name: string; change: number[][]; blocks: number[] }[];
}

export interface ForgettingTensor {
  name: string;
  /** Number of architectures of the epoch that trained it. */
  trained: number;
  fisherSum: number;
  /** Counts of log10 F in the bins of `FISHER_BINS`, zeros left out. */
  fisherLog10Histogram?: number[];
  /** |θ - θ̂|² against the anchor that it had before its last training. */
  drift: number;
  /** Drift over |θ̂|². */
  relativeDrift: number;
  /** ½ Σ F (θ - θ̂)²: the increase of the loss due to the drift in the quadratic model, in nats. */
  predictedDamage: number;
  /** Whether its norm was clipped in this epoch. */
  clipped: boolean;
}

/** Edges of the histogram of log10 F: below -12, then one decade each, and above 2. */
export const FISHER_BINS: readonly number[] = Array.from({ length: 15 }, (_, i) => i - 12);
