/** How far an order by shared weights agrees with the order of networks trained alone. */
import {
  type Assessment,
  assessTau,
  bestRankAt,
  choiceIntervals,
  type Interval,
  kendallTau,
  mean,
  precisionAtBottom,
  precisionAtTop,
  spearman,
  spearmanInterval,
  tauInterval,
  worstRankAt,
} from '../statistics/index.js';

/**
 * A measure with its 95 % interval over architectures, for the seeds that were trained; none for fewer than twelve
 * architectures.
 */
export interface Measure {
  readonly value: number;
  readonly interval: Interval | undefined;
}

/**
 * What a choice by the estimates gives, of these architectures, with bootstrap intervals from twelve architectures on.
 * They are what other samples like this one would give, and no claim: how often they hold is in
 * `docs/explanation/measurements.md`, and for the best of a sample no bootstrap is consistent (Bickel & Freedman 1981).
 */
export interface Choice {
  /** Share of the architectures that are chosen. */
  readonly share: number;
  readonly precisionTop: number;
  readonly precisionBottom: number;
  /** Best and worst true rank among the chosen, as a share of all; smaller is better. */
  readonly bestRank: number;
  readonly worstRank: number;
  readonly intervals: {
    readonly precisionTop: Interval | undefined;
    readonly precisionBottom: Interval | undefined;
    readonly bestRank: Interval | undefined;
  };
}

export interface Agreement {
  readonly count: number;
  /** Kendall's tau-b, and whether an order may be claimed. */
  readonly tau: Assessment;
  /** The same with true accuracies binned to 0.1 %, so that noise makes no order. */
  readonly sparseTau: Measure;
  readonly spearman: Measure;
  readonly choices: readonly Choice[];
}

export interface AgreementOptions {
  /** Shares of the architectures for P@topK and the related measures. Default: a tenth, a quarter, a half. */
  readonly shares?: readonly number[];
}

/** Width of the bins of the sparse tau (Yu et al. 2020, "How to train your super-net"). */
const BIN = 0.001;

/** Agreement of true scores and their estimates, larger being better in both. */
export function rankAgreement(
  truth: readonly number[],
  estimate: readonly number[],
  { shares = [0.1, 0.25, 0.5] }: AgreementOptions = {},
): Agreement {
  const binned = truth.map((value) => Math.round(value / BIN));
  return {
    count: truth.length,
    tau: assessTau(truth, estimate),
    sparseTau: { value: kendallTau(binned, estimate), interval: tauInterval(binned, estimate) },
    spearman: { value: spearman(truth, estimate), interval: spearmanInterval(truth, estimate) },
    choices: shares.map((share) => ({
      share,
      precisionTop: precisionAtTop(truth, estimate, share),
      precisionBottom: precisionAtBottom(truth, estimate, share),
      bestRank: bestRankAt(truth, estimate, share),
      worstRank: worstRankAt(truth, estimate, share),
      intervals: intervalsOf(truth, estimate, share),
    })),
  };
}

function intervalsOf(truth: readonly number[], estimate: readonly number[], share: number): Choice['intervals'] {
  const [top] = choiceIntervals(truth, [estimate], share).each;
  const turned = (scores: readonly number[]): number[] => scores.map((score) => -score);
  const [bottom] = choiceIntervals(turned(truth), [turned(estimate)], share).each;
  return {
    precisionTop: top!.precisionTop,
    precisionBottom: bottom!.precisionTop,
    bestRank: top!.bestRank,
  };
}

/**
 * Mean tau between the orders of two seeds of stand-alone training; undefined for one seed. No estimate can be expected
 * to agree with a noisy truth better than the truth agrees with itself.
 */
export function reliability(scoresBySeed: readonly (readonly number[])[]): number | undefined {
  const taus = scoresBySeed
    .flatMap((scores, i) => scoresBySeed.slice(0, i).map((others) => kendallTau(scores, others)))
    .filter((tau) => !Number.isNaN(tau));
  return taus.length > 0 ? mean(taus) : undefined;
}
