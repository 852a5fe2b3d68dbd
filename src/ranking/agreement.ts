/** How far an order by shared weights agrees with the order of networks trained alone. */
import {
  bestRankAt,
  bootstrapPaired,
  type Interval,
  kendallTau,
  mean,
  precisionAtBottom,
  precisionAtTop,
  spearman,
  worstRankAt,
} from '../statistics/index.js';
import { type Rng } from '../tensor/rng.js';

/** A measure with its 95 % bootstrap interval over architectures. */
export interface Measure {
  readonly value: number;
  readonly interval: Interval;
}

export interface Choice {
  /** Share of the architectures that are chosen. */
  readonly share: number;
  readonly precisionTop: Measure;
  readonly precisionBottom: Measure;
  /** Best and worst true rank among the chosen, as a share of all; smaller is better. */
  readonly bestRank: Measure;
  readonly worstRank: Measure;
}

export interface Agreement {
  readonly count: number;
  /** Kendall's tau-b. */
  readonly tau: Measure;
  /** The same with true accuracies binned to 0.1 %, so that noise makes no order. */
  readonly sparseTau: Measure;
  readonly spearman: Measure;
  readonly choices: readonly Choice[];
}

export interface AgreementOptions {
  /** Shares of the architectures for P@topK and its kin. Default: a tenth, a quarter, a half. */
  readonly shares?: readonly number[];
  readonly resamples?: number;
}

/** Width of the bins of the sparse tau (Yu et al. 2020, "How to train your super-net"). */
const BIN = 0.001;

/** Agreement of true scores and their estimates, larger being better in both. */
export function rankAgreement(
  truth: readonly number[],
  estimate: readonly number[],
  rng: Rng,
  { shares = [0.1, 0.25, 0.5], resamples = 1000 }: AgreementOptions = {},
): Agreement {
  const measure = (statistic: (truth: readonly number[], estimate: readonly number[]) => number): Measure => ({
    value: statistic(truth, estimate),
    interval: bootstrapPaired(truth, estimate, rng, { statistic, resamples }),
  });
  return {
    count: truth.length,
    tau: measure(kendallTau),
    sparseTau: measure((a, b) =>
      kendallTau(
        a.map((value) => Math.round(value / BIN)),
        b,
      ),
    ),
    spearman: measure(spearman),
    choices: shares.map((share) => ({
      share,
      precisionTop: measure((a, b) => precisionAtTop(a, b, share)),
      precisionBottom: measure((a, b) => precisionAtBottom(a, b, share)),
      bestRank: measure((a, b) => bestRankAt(a, b, share)),
      worstRank: measure((a, b) => worstRankAt(a, b, share)),
    })),
  };
}

/**
 * Mean tau between the orders of two seeds of stand-alone training; undefined for one seed. No estimate can be expected to
 * agree with a noisy truth better than the truth agrees with itself.
 */
export function reliability(scoresBySeed: readonly (readonly number[])[]): number | undefined {
  const taus = scoresBySeed
    .flatMap((scores, i) => scoresBySeed.slice(0, i).map((others) => kendallTau(scores, others)))
    .filter((tau) => !Number.isNaN(tau));
  return taus.length > 0 ? mean(taus) : undefined;
}
