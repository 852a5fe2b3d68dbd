/** What `weft rank` prints of rankers: the verdict, a line each, the ceiling, warnings. */
import { type RankerComparison } from '../../ranking/index.js';
import { largestOf } from '../../statistics/extremes.js';
import { type Output } from '../output.js';

/** `column` says what judges. */
export function sayRankers(
  { standings, ceiling, verdict, warnings, count, toBest, toParameters }: RankerComparison,
  column: string,
  output: Output,
): void {
  output.emit({
    type: 'rankers',
    verdict,
    architectures: count,
    column,
    ceiling,
    toParameters,
    toBest,
    standings,
    warnings,
  });
  output.say(verdict);
  output.say(`  ${count} networks by ${column}; intervals are 95 % intervals over networks`);
  const width = largestOf(standings.map(({ name }) => name.length));
  output.say(`  ${'ranker'.padEnd(width)}  tau-b                     Spearman  P@10 %  BestRank  nDCG@10 %`);
  for (const { name, tau, spearman, precisionTop, bestRank, ndcg } of standings) {
    const interval = tau.interval ? `(${tau.interval.map((end) => end.toFixed(3)).join(' to ')})` : '';
    output.say(
      `  ${name.padEnd(width)}  ${tau.value.toFixed(3).padStart(6)} ${interval.padEnd(18)} ${spearman.value.toFixed(3).padStart(8)}  ${precisionTop.toFixed(2).padStart(6)}  ${bestRank.toFixed(3).padStart(8)}  ${ndcg.toFixed(3).padStart(9)}`,
    );
  }
  output.say(
    ceiling === undefined
      ? '  the truth has no single seeds, so what its noise leaves to be reached is unknown'
      : `  ceiling: two seeds of the truth agree with tau ${ceiling.toFixed(3)}`,
  );
  for (const warning of warnings) output.say(`warning: ${warning}`);
}
