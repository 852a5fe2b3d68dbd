/** A record of a ranking in numbers. */
import { decimalText } from '../printable.js';
import { despiteInterval, mean, obstacleOf } from '../statistics/index.js';
import { type Agreement, type AgreementOptions, rankAgreement, reliability } from './agreement.js';
import { quality, type RankRecord } from './record.js';

export interface RankAnalysis {
  readonly record: RankRecord;
  /** Mean quality over seeds, by architecture: accuracy, or the negative of the loss if networks are ranked by it. */
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
    rankAgreement(alone, estimate, options);
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

function verdictOf({ tau, count }: Agreement): string {
  const { value, interval, claim, obstacle } = tau;
  if (obstacle === 'constant') return `The order cannot be assessed: all scores are equal (${count} architectures)`;
  const numbers = `Kendall’s τ ${text(value)}, ${interval ? `95 % interval over architectures ${text(interval[0])} to ${text(interval[1])}${despiteInterval(tau)}` : 'no interval'}, ${count} architectures`;
  if (claim === 'above') return `Shared weights order architectures better than chance (${numbers})`;
  if (claim === 'below') return `Shared weights order architectures worse than chance (${numbers})`;
  const why = obstacle === 'few' ? `: ${obstacleOf(tau, 'architectures')}` : '';
  return `It cannot be claimed that shared weights order architectures better than chance (${numbers})${why}`;
}

function text(value: number): string {
  return decimalText(value, 2);
}
