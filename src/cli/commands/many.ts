/** Many searches and many trainings at once: `weft search --seeds`, `weft derive --retrain-top`. */
import { join } from 'node:path';
import { type SearchConfig } from '../../config/index.js';
import { WeftError } from '../../errors.js';
import { type JobResult, searchJob, trainingJob } from '../../jobs/index.js';
import { listRuns, type RunSummary } from '../../runs/index.js';
import { type SearchParts } from '../../search/session.js';
import { bootstrapMean, mean, standardDeviation } from '../../statistics/index.js';
import { loadBackend } from '../../tensor/backend.js';
import { stream } from '../../tensor/rng.js';
import { type ExecutorOptions, ownFiles, runJobs } from '../executor.js';
import { type Output, show } from '../output.js';

/** The seeds in `1,2,3` or `1-8`, or both. */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const [, first, last] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? [];
    if (first === undefined || Number(last ?? first) < Number(first)) throw new WeftError('config', `'${text}' is no list of seeds`, 'write for example 1,2,3 or 1-8');
    return Array.from({ length: Number(last ?? first) - Number(first) + 1 }, (_, i) => Number(first) + i);
  });
  return [...new Set(seeds)];
}

/** The same search with several seeds; says what they have in common. */
export async function searchSeeds(seeds: readonly number[], parts: SearchParts, options: ExecutorOptions, output: Output): Promise<void> {
  const backend = await loadBackend(parts.config.backend);
  const jobs = seeds.map((seed) => searchJob(parts, { seed, backend, ...threadsOf(options) }));
  const results = await runJobs(jobs, options, ownFiles(parts.config), output);
  if (!results) return;
  const accuracies: number[] = [];
  results.forEach((result, i) => {
    const { derived, test } = summaryOf(result);
    if (test?.accuracy !== undefined) accuracies.push(test.accuracy);
    output.emit({ type: 'search-result', seed: seeds[i], ...result });
    output.say(`seed ${String(seeds[i]).padStart(4)}  ${testText(test)}  ${derived.architecture}  ${whereIs(result, options)}`);
  });
  if (accuracies.length < 2) return;
  const interval = bootstrapMean(accuracies, stream(seeds[0]!, 'seeds'));
  output.emit({ type: 'seeds', count: accuracies.length, mean: mean(accuracies), standardDeviation: standardDeviation(accuracies), interval });
  output.say(`mean ${percent(mean(accuracies))}, standard deviation ${percent(standardDeviation(accuracies))}, 95 % interval of the mean ${percent(interval[0])} to ${percent(interval[1])} (${accuracies.length} seeds)`);
}

/** Trains architectures from scratch and says which is best; `config` is that of the run that found them. */
export async function retrainAll(architectures: readonly string[], parts: SearchParts, backend: SearchConfig['backend'], options: ExecutorOptions, output: Output): Promise<void> {
  const jobs = architectures.map((architecture) => trainingJob(parts, architecture, { ...(backend && { backend }), ...threadsOf(options) }));
  const results = await runJobs(jobs, options, ownFiles({ ...parts.config, controller: { name: 'random' } }), output);
  if (!results) return;
  const order = results.map((result, i) => ({ result, place: i + 1 })).sort((a, b) => scoreOf(b.result) - scoreOf(a.result) || a.place - b.place);
  for (const { result, place } of order) {
    const { derived, test } = summaryOf(result);
    output.emit({ type: 'retrained', place, ...result });
    output.say(`${testText(test)}  ${place}. of the search  ${derived.architecture}  ${whereIs(result, options)}`);
  }
  output.say('The test part was seen once by each: choosing the best of them by it is a choice on test data, to be said where the number is reported.');
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
