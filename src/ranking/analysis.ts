/** A record of a ranking in numbers. */
import { mean } from '../statistics/index.js';
import { stream } from '../tensor/rng.js';
import { type Agreement, type AgreementOptions, rankAgreement, reliability } from './agreement.js';
import { quality, type RankRecord } from './record.js';

export interface RankAnalysis {
  readonly record: RankRecord;
  /** Mean quality over seeds, by architecture: accuracy, or the negative of the loss where that judges. */
  readonly alone: readonly number[];
  /** Order by the shared weights' measure, and by their loss: losses tell apart what accuracies tie. */
  readonly byMeasure: Agreement;
  readonly byLoss: Agreement;
  /** Agreement of stand-alone training with itself; undefined for one seed. */
  readonly reliability: number | undefined;
  readonly verdict: string;
}

/** All measures of a record; the same record gives the same numbers. */
export function analyseRanking(record: RankRecord): RankAnalysis {
  const { architectures, measure, seeds } = record;
  const alone = architectures.map((one) => mean(one.alone.map((score) => quality(score, measure))));
  const agree = (estimate: readonly number[], options?: AgreementOptions): Agreement =>
    rankAgreement(alone, estimate, stream(seeds[0]!, 'rank-bootstrap'), options);
  const byMeasure = agree(architectures.map(({ shared }) => quality(shared, measure)));
  return {
    record,
    alone,
    byMeasure,
    byLoss:
      measure === 'loss'
        ? byMeasure
        : agree(
            architectures.map(({ shared }) => -shared.loss),
            { shares: [] },
          ),
    reliability: reliability(seeds.map((_, i) => architectures.map((one) => quality(one.alone[i]!, measure)))),
    verdict: verdictOf(byMeasure),
  };
}

function verdictOf({
  tau: {
    value,
    interval: [low, high],
  },
  count,
}: Agreement): string {
  const numbers = `Kendall’s τ ${text(value)}, 95 % interval ${text(low)} to ${text(high)}, ${count} architectures`;
  if (!Number.isFinite(low)) return `The order cannot be judged: all scores are equal (${count} architectures)`;
  if (low > 0) return `Shared weights order architectures better than chance (${numbers})`;
  if (high < 0) return `Shared weights order architectures worse than chance (${numbers})`;
  return `It cannot be claimed that shared weights order architectures better than chance (${numbers})`;
}

function text(value: number): string {
  return value.toFixed(2).replace('-', '−');
}
