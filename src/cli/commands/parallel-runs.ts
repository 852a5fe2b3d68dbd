/**
 * Many searches and trainings in parallel: `weft search --seeds`, `--retrain-top` of `weft derive` and `weft halve`.
 */
import { join } from 'node:path';
import { type Retrained } from '../../api/retrain-best.js';
import { searchSeeds, type SeedSearch, type SeedsReport, trainSeeds, type TrainSeedsRequest } from '../../api/seeds.js';
import { type Override, type SearchConfigInput } from '../../config/index.js';
import { WeftError } from '../../errors.js';
import { type JobResult } from '../../jobs/index.js';
import { significant } from '../../report/format.js';
import { type OverSeeds } from '../../report/index.js';
import { listRuns, type RunSummary } from '../../runs/index.js';
import { SQUARED_ERROR } from '../../search/objective.js';
import { executing, type ExecutorOptions } from '../executor.js';
import { type Output, show } from '../output.js';

/** More searches than this are surely a typing error. */
const MOST_SEEDS = 10_000;

/** The seeds in `1,2,3` or `1-8`, or both. Throws WeftError('config') for anything else, and for too many. */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const [, first, last] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined || Number(last ?? first) < Number(first))
      throw new WeftError('config', `'${text}' is not a list of seeds`, 'write for example 1,2,3 or 1-8');
    if (!Number.isSafeInteger(Number(last ?? first)) || Number(last ?? first) - Number(first) >= MOST_SEEDS)
      throw new WeftError(
        'config',
        `'${part.trim()}' is more than ${MOST_SEEDS} seeds, or contains too large a seed`,
        'use fewer',
      );
    return Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, i) => Number(first) + i);
  });
  return [...new Set(seeds)];
}

/** Where the runs of several seeds are listed, and their names. */
interface RunsOptions extends ExecutorOptions {
  readonly runs: string;
  readonly name?: string | undefined;
}

/** The same search with several seeds, and a summary. */
export async function searchManySeeds(
  seeds: readonly number[],
  config: SearchConfigInput,
  options: RunsOptions,
  output: Output,
): Promise<void> {
  const { results, threads, runs, name } = options;
  const outcome = await searchSeeds({
    seeds,
    config,
    followData: true,
    results,
    runs,
    name,
    threads,
    withExecutor: executing(options, output),
    onSearched(searches) {
      for (const search of searches) {
        const { seed, result, run, summary } = search;
        output.emit({ type: 'search-result', seed, ...result, ...(run !== undefined && { run }) });
        sayRun(search, summary.derived.architecture, output);
      }
    },
  });
  if (outcome?.common) saySeeds(outcome.common, output);
}

/** The same training with several seeds, and the mean of the results with its uncertainty. */
export async function trainManySeeds(
  architecture: string,
  seeds: readonly number[] | undefined,
  request: Omit<TrainSeedsRequest, 'seeds'>,
  { overrides, ...options }: RunsOptions & { readonly overrides: readonly Override[] },
  output: Output,
): Promise<void> {
  const { results, threads, runs, name } = options;
  const outcome = await trainSeeds(
    architecture,
    { ...request, seeds, results, threads, runs, name, withExecutor: executing(options, output) },
    overrides,
  );
  for (const training of outcome?.trainings ?? []) {
    const { seed, result, run } = training;
    output.emit({ type: 'retrained', seed, ...result, ...(run !== undefined && { run }) });
    sayRun(training, undefined, output);
  }
  if (!outcome?.mean) return;
  const { measure, ...test } = outcome.mean;
  output.emit({ type: 'seeds', count: outcome.trainings.length, measure, test });
  const unit = outcome.trainings[0]?.summary.test?.targets ? SQUARED_ERROR : 'nats';
  sayMean(test, { measure, unit, seeds: outcome.trainings.length }, output);
}

/** A line for the run of a seed. */
function sayRun({ seed, run, summary }: SeedSearch, found: string | undefined, output: Output): void {
  const where = run === undefined ? undefined : show(run);
  output.say([`seed ${String(seed).padStart(4)}`, testText(summary.test), found, where].filter(Boolean).join('  '));
}

/** A mean over seeds with its uncertainty. */
function sayMean(
  { value, interval, standardDeviation }: Pick<OverSeeds, 'value' | 'interval'> & { standardDeviation: number },
  { measure, unit, seeds }: { measure: 'accuracy' | 'score' | 'loss'; unit: string; seeds: number },
  output: Output,
): void {
  const shown = (of: number): string => (measure === 'loss' ? `${of.toFixed(4)} ${unit}` : percent(of));
  output.say(
    `test  mean ${shown(value)}${interval ? `, standard deviation ${shown(standardDeviation)}, 95 % interval of the mean ${shown(interval[0])} to ${shown(interval[1])}` : ''} (${seeds} seeds)`,
  );
}

/** A summary of searches with several seeds. */
export function saySeeds({ analysis, seeds, report }: SeedsReport, output: Output): void {
  const { measure, unit, means, best, test, verdict, count } = analysis;
  if (test) sayMean(test, { measure, unit, seeds }, output);
  if (means && best) {
    for (const [words, { difference, relative }] of [
      ['candidates on average', means],
      [`best of ${count} candidates`, best],
    ] as const) {
      const interval = ({ interval: range }: OverSeeds, text: (value: number) => string): string =>
        range ? ` (${text(range[0])} to ${text(range[1])})` : '';
      const amount = (value: number): string => (measure === 'loss' ? value.toFixed(4) : `${(100 * value).toFixed(2)}`);
      output.say(
        `${words}, compared with random ones: better by ${amount(difference.value)}${interval(difference, amount)} ${unit}, relative improvement ${relative.value.toFixed(2)}${interval(relative, (value) => value.toFixed(2))} %`,
      );
    }
  }
  output.say(`${verdict}.`);
  output.emit({ type: 'seeds', count: seeds, verdict, measure, test, means, best, report });
  output.say(`wrote ${show(report)}`);
}

/** The best candidates of a ranking after training, best test result first. */
export function sayRetrained(retrained: readonly Retrained[], results: string, output: Output): void {
  const order = [...retrained].sort((a, b) => scoreOf(b) - scoreOf(a) || a.place - b.place);
  for (const { result, place, summary } of order) {
    output.emit({ type: 'retrained', place, ...result });
    output.say(
      `${testText(summary.test)}  ${place}. of the ranking  ${summary.derived.architecture}  ${whereIs(result, results)}`,
    );
  }
  output.say(
    'Each was tested once on the test part: if you choose the best of them by this result, you choose on test data; say so when you report the number.',
  );
}

/** Higher is better: the accuracy, or for language models the negated loss. */
const scoreOf = ({ summary: { test } }: Retrained): number => test?.accuracy ?? -(test?.loss ?? Infinity);

function testText(test: RunSummary['test']): string {
  if (!test) return 'not retrained';
  const [target] = test.targets ?? [];
  if (target) return `test root mean squared error ${significant(target.rmse)}`;
  return test.accuracy === undefined ? `test loss ${test.loss.toFixed(4)}` : `test ${percent(test.accuracy)}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The run directory of a result, if it was produced on this machine. */
function whereIs({ key }: JobResult, results: string): string {
  const run = listRuns(join(results, key)).at(-1);
  return run === undefined ? '' : show(run);
}
