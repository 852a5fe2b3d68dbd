/** The output of `weft rank` about rankers: the verdict, a line for each, the ceiling, warnings. */
import { decimalText } from '../../printable.js';
import { type RankerComparison } from '../../ranking/index.js';
import { largestOf } from '../../statistics/extremes.js';
import { type Interval } from '../../statistics/index.js';
import { type Output } from '../output.js';

/** `column` names the ground truth. */
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
  const rows = standings.map((one) => [
    one.name,
    withInterval(one.tau.value, one.tau.interval),
    withInterval(one.spearman.value, one.spearman.interval),
    withInterval(one.precisionTop, one.intervals.precisionTop, 2),
    withInterval(one.bestRank, one.intervals.bestRank),
    withInterval(one.ndcg, one.intervals.ndcg),
  ]);
  if (toBest) {
    const { spearman, precisionTop, bestRank, ndcg } = toBest.others;
    rows.push([
      `supernet minus ${toBest.name}`,
      withInterval(toBest.difference.value, toBest.difference.interval),
      withInterval(spearman.value, spearman.interval),
      withInterval(precisionTop.value, precisionTop.interval, 2),
      withInterval(bestRank.value, bestRank.interval),
      withInterval(ndcg.value, ndcg.interval),
    ]);
  }
  for (const line of columns([['ranker', 'tau-b', 'Spearman', 'P@10 %', 'BestRank', 'nDCG@10 %'], ...rows]))
    output.say(`  ${line}`);
  if (toBest) output.say(`  the last line compares with the best trivial ranker, on the same networks`);
  output.say(
    ceiling === undefined
      ? '  the truth has no individual seeds, so the limit set by its noise is unknown'
      : `  ceiling: two seeds of the truth agree with tau ${ceiling.toFixed(3)}`,
  );
  for (const warning of warnings) output.say(`warning: ${warning}`);
}

/** A number with the ends of its interval, if it has one. */
function withInterval(value: number, interval: Interval | undefined, digits = 3): string {
  const text = (one: number): string => decimalText(one, digits);
  return interval ? `${text(value)} (${text(interval[0])} to ${text(interval[1])})` : text(value);
}

/** Rows of text with aligned columns. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => largestOf(rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((field, column) => field.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
