/** Run directories as the seeds of one search. */
import { WeftError } from '../../errors.js';
import { randomComparison } from '../../search/comparison.js';
import { eventLog } from '../event-log.js';
import { lookUp, type ReportInput } from '../input.js';
import { measureOf } from '../measure.js';
import { bothValues, differingNames, type Settings, settingsOf } from '../settings.js';
import { type SeedRun } from './analysis.js';

/** Options that do not affect results, and the seed itself. */
const FREE = /^(seed|recipe|backend|checkpoint\b.*|logEvery|budget)$/;

/**
 * The results of runs that differ only in the seed. Throws WeftError('run') naming a run that is not finished, and the
 * first option in which runs differ.
 */
export function seedRunsOf(runs: readonly { readonly path: string; readonly input: ReportInput }[]): SeedRun[] {
  const [first] = runs;
  return runs.map(({ path, input }) => {
    const different = differenceOf(first!.input, input);
    if (different !== undefined)
      throw new WeftError(
        'run',
        `${path} differs from ${first!.path} in ${different}`,
        'runs that differ in more than the seed cannot be averaged: report each separately',
      );
    const { summary } = input;
    if (!summary) throw new WeftError('run', `${path} is not finished`, `continue it: weft resume ${path}`);
    const log = eventLog(input.events);
    const { field } = measureOf(log);
    const values = (source: 'controller' | 'random'): number[] =>
      log
        .all('candidate')
        .filter((candidate) => candidate.source === source)
        .flatMap((candidate) => candidate[field] ?? []);
    return { ...(summary as SeedRun), comparison: randomComparison(values('controller'), values('random'), field) };
  });
}

function differenceOf(a: ReportInput, b: ReportInput): string | undefined {
  const [one, other] = [a, b].map(({ config }) => settingsOf(config, FREE)) as [Settings, Settings];
  const [name] = differingNames([one, other]);
  if (name !== undefined) return bothValues(name, other, one);
  return dataOf(a) === dataOf(b) ? undefined : 'its data';
}

/** Identifies the data of a run: the hashes of its sources. */
export function dataOf({ manifest }: Pick<ReportInput, 'manifest'>): string {
  return JSON.stringify(
    ((lookUp(manifest, 'facts', 'data', 'sources') ?? []) as { sha256?: string }[]).map(({ sha256 }) => sha256),
  );
}
