/** Many searches and many trainings at once: `weft search --seeds`, `weft derive --retrain-top`. */
import { join } from 'node:path';
import { type SearchConfig } from '../../config/index.js';
import { WeftError } from '../../errors.js';
import { type JobResult, searchJob, trainingJob } from '../../jobs/index.js';
import { analyseSeeds, type OverSeeds, type SeedRun, seedsPage } from '../../report/index.js';
import { listRuns, packageVersion, type RunSummary, sha256, writeFileAtomic } from '../../runs/index.js';
import { checkParts } from '../../search/check-parts.js';
import { type SearchParts } from '../../search/session.js';
import { loadBackend } from '../../tensor/backend.js';
import { type ExecutorOptions, ownFiles, runJobs } from '../executor.js';
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
export async function searchSeeds(
  seeds: readonly number[],
  parts: SearchParts,
  options: ExecutorOptions,
  output: Output,
): Promise<void> {
  // What every search would fail of is told here, once, and before any process is started.
  checkParts(parts);
  const backend = await loadBackend(parts.config.backend);
  const jobs = seeds.map((seed) => searchJob(parts, { seed, backend, ...threadsOf(options) }));
  const results = await runJobs(jobs, options, ownFiles(parts.config), output);
  if (!results) return;
  results.forEach((result, i) => {
    const { derived, test } = summaryOf(result);
    output.emit({ type: 'search-result', seed: seeds[i], ...result });
    output.say(
      `seed ${String(seeds[i]).padStart(4)}  ${testText(test)}  ${derived.architecture}  ${whereIs(result, options)}`,
    );
  });
  if (results.length < 2) return;
  const name = sha256(jobs.map(({ key }) => key).join()).slice(0, 8);
  writeSeedsReport(
    results.map((result) => summaryOf(result) as unknown as SeedRun),
    join(options.results, `seeds-${name}.html`),
    output,
  );
}

/** Says what searches with several seeds have in common, and writes it as a page. */
export function writeSeedsReport(runs: readonly SeedRun[], path: string, output: Output): void {
  const analysis = analyseSeeds(runs);
  const { measure, means, best, test, verdict, count } = analysis;
  const shown = (value: number): string => (measure === 'accuracy' ? percent(value) : `${value.toFixed(4)} nats`);
  if (test) {
    const [low, high] = test.interval ?? [];
    output.say(
      `test  mean ${shown(test.value)}${low === undefined ? '' : `, standard deviation ${shown(test.standardDeviation)}, 95 % interval of the mean ${shown(low)} to ${shown(high!)}`} (${runs.length} seeds)`,
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
  writeFileAtomic(path, seedsPage(analysis, packageVersion));
  output.emit({ type: 'seeds', count: runs.length, verdict, measure, test, means, best, report: path });
  output.say(`wrote ${show(path)}`);
}

/** Trains architectures from scratch and says which is best; `config` is that of the run that found them. */
export async function retrainAll(
  architectures: readonly string[],
  parts: SearchParts,
  backend: SearchConfig['backend'],
  options: ExecutorOptions,
  output: Output,
): Promise<void> {
  const jobs = architectures.map((architecture) =>
    trainingJob(parts, architecture, { ...(backend && { backend }), ...threadsOf(options) }),
  );
  const results = await runJobs(jobs, options, ownFiles({ ...parts.config, controller: { name: 'random' } }), output);
  if (!results) return;
  const order = results
    .map((result, i) => ({ result, place: i + 1 }))
    .sort((a, b) => scoreOf(b.result) - scoreOf(a.result) || a.place - b.place);
  for (const { result, place } of order) {
    const { derived, test } = summaryOf(result);
    output.emit({ type: 'retrained', place, ...result });
    output.say(`${testText(test)}  ${place}. of the search  ${derived.architecture}  ${whereIs(result, options)}`);
  }
  output.say(
    'The test part was seen once by each: choosing the best of them by it is a choice on test data, to be said where the number is reported.',
  );
}

const threadsOf = ({ threads }: ExecutorOptions): { threads?: number } => (threads === undefined ? {} : { threads });
const summaryOf = ({ value }: JobResult): RunSummary => value as unknown as RunSummary;
/** Higher is better: the accuracy, or for language the loss with its sign turned. */
const scoreOf = (result: JobResult): number => {
  const { test } = summaryOf(result);
  return test?.accuracy ?? -(test?.loss ?? Infinity);
};

function testText(test: RunSummary['test']): string {
  if (!test) return 'not retrained';
  return test.accuracy === undefined ? `test loss ${test.loss.toFixed(4)}` : `test ${percent(test.accuracy)}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The run directory of a result, where it was done on this machine. */
function whereIs({ key }: JobResult, { results }: ExecutorOptions): string {
  const run = listRuns(join(results, key)).at(-1);
  return run === undefined ? '' : show(run);
}
