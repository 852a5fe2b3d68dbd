/**
 * The state of a search. Everything that a resumed search needs is here or in the accompanying tensors; random
 * streams need no state, because they are opened by name and position.
 */
import { type Assessment } from './assess.js';
import { type FlagAssessment } from './assess-multi-label.js';
import { type ValueAssessment } from './assess-values.js';

import { type WarmStart } from './warm-start.js';

export type Phase = 'weights' | 'controller' | 'epoch-end' | 'derive' | 'retrain' | 'test' | 'done';

export interface Scored {
  architecture: string;
  /** Null for regression. */
  accuracy: number | null;
  loss: number;
  /** In the measure that `search.reward` names, if neither accuracy nor loss. */
  score?: number;
  hash: string;
  /** Whether the loss was not finite; `loss` is then that of guessing. */
  diverged?: boolean;
  /** Its costs, by the names of the search's further objectives. */
  costs?: Record<string, number>;
}

/** The result of the single evaluation on the test part. */
export type Tested = {
  /** Absent for regression. */
  accuracy?: number;
  /** In nats; the squared error of scaled targets. */
  loss: number;
  count: number;
  perplexity?: number;
  bitsPerCharacter?: number;
  /** If each example has several labels: means over labels, and the share of examples with all labels right. */
  labels?: { macroF1: number; microF1: number; exactMatch: number; meanAveragePrecision?: number };
  /** Errors of each regression target, in its own unit; `r2` is absent if the target does not vary. */
  targets?: { name: string; rmse: number; mae: number; r2?: number }[];
};

/** The architecture that is retrained; without scores when it was given by hand. */
export interface Derived {
  architecture: string;
  hash: string;
  accuracy: number | null;
  loss: number | null;
}

export interface SearchState {
  phase: Phase;
  /** Units of work done so far, which number the checkpoints. */
  units: number;
  /** Epoch of the search, or of retraining. */
  epoch: number;
  /** Step within the epoch; round within the controller phase; candidate within derivation. */
  step: number;
  /** Steps of shared weights so far, for schedules. */
  globalStep: number;
  /** Sums over the current epoch. */
  lossSum: number;
  lossCount: number;
  rewardSum: number;
  rewardCount: number;
  entropySum: number;
  entropyCount: number;
  best: { architecture: string; reward: number } | null;
  /** Architectures evaluated (rewards, probes and candidates). */
  evaluations: number;
  gradientEvaluations: { search: number; retrain: number };
  /** Steps whose gradient was not finite, so that nothing moved. */
  skippedSteps: number;
  /** Notes of the optimizers, and kinds of proxy problems, each reported once. */
  notes: string[];
  candidates: { controller: Scored[]; random: Scored[] };
  derived: Derived | null;
  /** The best epoch of retraining so far on the validation part, if epochs are compared. */
  bestEpoch?: { epoch: number; accuracy: number | null; loss: number; score?: number };
  /** What retraining started from, if not from fresh weights. */
  warmStart?: WarmStart;
  /** What the logits of the retrained classifier are divided by; absent if nothing was fitted. */
  temperature?: number;
  test: Tested | null;
  /**
   * Comparison with simple models, and results by class; absent if there are no classes, and in checkpoints of version
   * 0.1.
   */
  assessment?: Assessment | FlagAssessment | ValueAssessment;
  budgetReached: boolean;
  /** Epochs of retraining that fit into a budget once the network is known; those of the configuration by default. */
  retrainEpochs?: number;
  /**
   * For an elastic search: for how many epochs each watched network has been no better than guessing, and which were
   * reported.
   */
  collapse?: { epochs: number[]; told: number[] };
  /**
   * Changes of the environment, with the number of units after which the run continued; absent in checkpoints of
   * version 0.1.
   */
  environmentChanges?: { units: number; changes: { what: string; before: string; now: string }[] }[];
}

export function initialState(): SearchState {
  return {
    phase: 'weights',
    units: 0,
    epoch: 0,
    step: 0,
    globalStep: 0,
    lossSum: 0,
    lossCount: 0,
    rewardSum: 0,
    rewardCount: 0,
    entropySum: 0,
    entropyCount: 0,
    best: null,
    evaluations: 0,
    gradientEvaluations: { search: 0, retrain: 0 },
    skippedSteps: 0,
    notes: [],
    candidates: { controller: [], random: [] },
    derived: null,
    test: null,
    budgetReached: false,
  };
}
