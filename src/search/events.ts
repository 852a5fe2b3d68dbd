/**
 * The events of a search. They contain facts of the search only, without times: the same seed
 * gives the same events, to the byte. Architectures appear in their text encoding.
 */
import { type Assessment } from './assess.js';
import { type FlagAssessment } from './assess-multi-label.js';
import { type ValueAssessment } from './assess-values.js';
import { type Mistake } from './mistakes.js';
import { type ForgettingEvent } from '../forgetting/events.js';
import { type ElasticEvent } from './elastic-events.js';
import { type SharpnessEvent } from './sharpness.js';
import { type Tested } from './state.js';
import { type WarmStart } from './warm-start.js';

export type SearchEvent =
  | {
      type: 'search-started';
      space: string;
      size: string;
      controller: string;
      seed: number;
      parameters: number;
      train: number;
      validation: number;
      test: number;
      epochs: number;
      stepsPerEpoch: number;
      /** What candidates are compared by, if not accuracy. */ reward?: string;
      /** The task, if it is not classification; for texts, `train` and so on count tokens. */ task?:
        'language' | 'regression' | 'multi-label';
    }
  /** One step of shared weights (thinned: every `logEvery` steps). */
  | { type: 'weights-step'; epoch: number; step: number; loss: number; architecture: string }
  /** Shared weights after one pass: mean training loss of the children. */
  | { type: 'weights-epoch'; epoch: number; loss: number; architectures: number }
  /** One controller update. */
  | {
      type: 'controller-round';
      epoch: number;
      round: number;
      reward: number;
      best: number;
      metrics: Record<string, number>;
    }
  /**
   * End of an epoch: mean reward of the controller's samples, of random ones on the same batch, and the best so far.
   */
  | {
      type: 'epoch';
      epoch: number;
      loss: number;
      reward: number | null;
      random: number | null;
      entropy: number | null;
      best: { architecture: string; reward: number } | null;
    }
  /** Probability of each option, per decision; see Controller.preferences. */
  | { type: 'preferences'; epoch: number; decisions: Record<string, number[][]> }
  /**
   * The loss of a language model, or of predicted numbers, is that of guessing at most; predicted numbers have no
   * accuracy.
   */
  | {
      type: 'candidate';
      source: 'controller' | 'random';
      index: number;
      architecture: string;
      hash: string;
      accuracy: number | null;
      loss: number;
      /** By the measure that `search.reward` names. */ score?: number;
      /** By the names of the search's further objectives. */ costs?: Record<string, number>;
    }
  /** Of candidates, what a proxy says of them without training: a score by hash, more being held to be better. */
  | { type: 'proxy-scores'; proxy: string; examples: number; scores: Record<string, number> }
  /** Of a search with several objectives: what was evaluated in a round. */
  | {
      type: 'proposals';
      epoch: number;
      round: number;
      networks: { architecture: string; reward: number; costs: Record<string, number> }[];
    }
  /**
   * Of a search with several objectives: hashes of the candidates that no other beats in all of them, best quality
   * first, and of the compromise.
   */
  | {
      type: 'front';
      objectives: string[];
      /** Details of the user's own objectives. */
      own?: { name: string; unit: string; direction: 'less' | 'more' }[];
      /** Where latencies were measured, unless on this machine, and the error of their sums on whole networks there. */
      latencies?: { device: string; error?: { networks: number; relative: number; spearman?: number | undefined } };
      /** Where energies come from: the name of a file and its column. */
      energies?: { file: string; column: string };
      hashes: string[];
      knee: string;
    }
  | {
      type: 'derived';
      architecture: string;
      hash: string;
      accuracy: number | null;
      loss: number;
      /** By the measure that `search.reward` names. */ score?: number;
      candidates: number;
      distinct: number;
      batches: number;
    }
  | ({ type: 'comparison' } & Comparison)
  | {
      type: 'retrain-started';
      architecture: string;
      parameters: number;
      epochs: number;
      stepsPerEpoch: number;
      examples: number;
      /** What it starts from, if not from fresh weights: `shared`, or the file. */
      start?: string;
    }
  /** Before retraining, where it does not begin from fresh weights. */
  | ({ type: 'warm-start' } & WarmStart)
  /** At the start, where the shared weights do not begin fresh. */
  | ({ type: 'shared-start' } & WarmStart)
  /** `validation` where epochs are compared by it. */
  | {
      type: 'retrain-epoch';
      epoch: number;
      loss: number;
      learningRate: number;
      validation?: { accuracy: number | null; loss: number; score?: number };
    }
  /**
   * After retraining, where epochs were compared: of how many which one's weights are kept, and whether it ended before
   * its time.
   */
  | { type: 'retrain-kept'; epoch: number; epochs: number; stopped: boolean }
  | SharpnessEvent
  /** Of a language model with its perplexity, and with bits per character where the tokens are characters. */
  | ({ type: 'tested' } & Tested)
  /** For a classifier: its test result compared with the majority class and simple models, and by class. */
  | ({ type: 'assessed' } & Assessment)
  /**
   * If each example has several labels: how well each is predicted, compared with the more frequent answer and simple
   * models.
   */
  | ({ type: 'assessed-labels' } & FlagAssessment)
  /** Of a classifier of pictures: the test pictures that it is surest of and wrong about. */
  | { type: 'mistakes'; examples: readonly Mistake[] }
  /** For predicted numbers: how far they are from the actual ones, compared with the mean and simple models. */
  | ({ type: 'assessed-values' } & ValueAssessment)
  | { type: 'warning'; message: string }
  /** The search has ended before its time, so that the rest fits into the budget. */
  | { type: 'budget-reached'; epoch: number }
  /** Retraining likewise, after so many epochs. */
  | { type: 'retrain-budget-reached'; epochs: number; of: number }
  /** What comes after this was computed under other conditions, which was allowed. */
  | { type: 'environment-changed'; changes: { what: string; before: string; now: string }[] }
  | ForgettingEvent
  | ElasticEvent
  | { type: 'search-finished'; gradientEvaluations: { search: number; retrain: number }; evaluations: number };

/**
 * Mean shared-weight accuracy (for language models, loss) of the controller's candidates against uniformly random
 * architectures, with the same weights and batches.
 */
export interface Comparison {
  /** Accuracy by default. */
  measure?: 'accuracy' | 'score' | 'loss';
  controllerMean: number;
  randomMean: number;
  /** How much better the controller is: its accuracy minus that of random architectures, or their loss minus its. */
  difference: number;
  /** Interval of the difference, over architectures of this one search; absent if these are too few, or all equal. */
  interval?: [number, number];
  /** How the intervals were computed: by Welch's t, or if absent by the percentile bootstrap of version 0.1. */
  method?: 'welch';
  /** 100·(controller - random) / random (Yang et al. 2020, arXiv 1912.12522, equation 1), and its interval. */
  relative?: { improvement: number; interval?: [number, number] };
  confidence: number;
  controllerCount: number;
  randomCount: number;
  verdict: string;
}
