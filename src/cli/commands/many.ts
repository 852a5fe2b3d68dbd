/** Many searches and many trainings at once: `weft search --seeds`, `weft derive --retrain-top`. */
import { join } from 'node:path';
import { type Retrained } from '../../api/derive.js';
import { searchSeeds, type SeedsReport } from '../../api/seeds.js';
import { type SearchConfig } from '../../config/index.js';
import { WeftError } from '../../errors.js';
import { type JobResult } from '../../jobs/index.js';
import { type OverSeeds } from '../../report/index.js';
import { listRuns, type RunSummary } from '../../runs/index.js';
import { executing, type ExecutorOptions } from '../executor.js';
import { type Output, show } from '../output.js';

/** More searches than this are a slip of the keyboard. */
const MOST_SEEDS = 10_000;

/** The seeds in `1,2,3` or `1-8`, or both. Throws WeftError('config') for anything else, and for too many. */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const [, first, last] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined || Number(last ?? first) < Number(first))
      throw new WeftError('config', `'${text}' is no list of seeds`, 'write for example 1,2,3 or 1-8');
    if (!Number.isSafeInteger(Number(last ?? first)) || Number(last ?? first) - Number(first) >= MOST_SEEDS)
      throw new WeftError(
        'config',
        `'${part.trim()}' is more than ${MOST_SEEDS} seeds, or too large a seed`,
        'take fewer',
      );
    return Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, i) => Number(first) + i);
  });
  return [...new Set(seeds)];
}

/** The same search with several seeds; says what they have in common. */
export async function searchManySeeds(
  seeds: readonly number[],
  config: SearchConfig,
  options: ExecutorOptions,
  output: Output,
): Promise<void> {
  const { results, threads } = options;
  const outcome = await searchSeeds({
    seeds,
    config,
    results,
    threads,
    withExecutor: executing(options, output),
    onSearched(searches) {
      for (const { seed, result, summary } of searches) {
        output.emit({ type: 'search-result', seed, ...result });
        output.say(
          `seed ${String(seed).padStart(4)}  ${testText(summary.test)}  ${summary.derived.architecture}  ${whereIs(result, results)}`,
        );
      }
    },
  });
  if (outcome?.common) saySeeds(outcome.common, output);
}

/** What searches with several seeds have in common. */
export function saySeeds({ analysis, seeds, report }: SeedsReport, output: Output): void {
  const { measure, means, best, test, verdict, count } = analysis;
  const shown = (value: number): string => (measure === 'accuracy' ? percent(value) : `${value.toFixed(4)} nats`);
  if (test) {
    const [low, high] = test.interval ?? [];
    output.say(
      `test  mean ${shown(test.value)}${low === undefined ? '' : `, standard deviation ${shown(test.standardDeviation)}, 95 % interval of the mean ${shown(low)} to ${shown(high!)}`} (${seeds} seeds)`,
    );
  }
  if (means && best) {
    for (const [words, { difference, relative }] of [
      ['candidates on average', means],
      [`best of ${count} candidates`, best],
    ] as const) {
      const interval = ({ interval: range }: OverSeeds, text: (value: number) => string): string =>
        range ? ` (${text(range[0])} to ${text(range[1])})` : '';
      const amount = (value: number): string =>
        measure === 'accuracy' ? `${(100 * value).toFixed(2)}` : value.toFixed(4);
      output.say(
        `${words}, compared with random ones: better by ${amount(difference.value)}${interval(difference, amount)} ${measure === 'accuracy' ? 'points' : 'nats'}, relative improvement ${relative.value.toFixed(2)}${interval(relative, (value) => value.toFixed(2))} %`,
      );
    }
  }
  output.say(`${verdict}.`);
  output.emit({ type: 'seeds', count: seeds, verdict, measure, test, means, best, report });
  output.say(`wrote ${show(report)}`);
}

/** The best candidates of `weft derive` after their training, best by the test first. */
export function sayRetrained(retrained: readonly Retrained[], results: string, output: Output): void {
  const order = [...retrained].sort((a, b) => scoreOf(b) - scoreOf(a) || a.place - b.place);
  for (const { result, place, summary } of order) {
    output.emit({ type: 'retrained', place, ...result });
    output.say(
      `${testText(summary.test)}  ${place}. of the search  ${summary.derived.architecture}  ${whereIs(result, results)}`,
    );
  }
  output.say(
    'The test part was seen once by each: choosing the best of them by it is a choice on test data, to be said where the number is reported.',
  );
}

/** Higher is better: the accuracy, or for language the loss with its sign turned. */
const scoreOf = ({ summary: { test } }: Retrained): number => test?.accuracy ?? -(test?.loss ?? Infinity);

function testText(test: RunSummary['test']): string {
  if (!test) return 'not retrained';
  return test.accuracy === undefined ? `test loss ${test.loss.toFixed(4)}` : `test ${percent(test.accuracy)}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The run directory of a result, where it was done on this machine. */
function whereIs({ key }: JobResult, results: string): string {
  const run = listRuns(join(results, key)).at(-1);
  return run === undefined ? '' : show(run);
}
