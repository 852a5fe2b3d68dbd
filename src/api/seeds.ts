/** The same search with several seeds, and summaries of runs that differ in their seeds. */
import { dirname, join } from 'node:path';
import { type Override } from '../config/index.js';
import { type Job, type JobResult, searchJob, submitAll, trainingJob } from '../jobs/index.js';
import {
  analyseSeeds,
  type OverSeeds,
  type SeedRun,
  seedRunsOf,
  type SeedsAnalysis,
  seedsPage,
} from '../report/index.js';
import {
  copyRun,
  listRuns,
  makeFolder,
  openRun,
  packageVersion,
  type RunSummary,
  sha256,
  writeFileAtomic,
} from '../runs/index.js';
import { checkParts } from '../search/check-parts.js';
import { type SearchParts } from '../search/session.js';
import { assessMean, standardDeviation } from '../statistics/index.js';
import { loadBackend } from '../tensor/backend.js';
import { codeFiles } from '../jobs/files.js';
import { inThisProcess, type WithExecutor } from './executors.js';
import { partsOf, type PartsRequest } from './parts.js';
import { spaceOfRun, type SpaceOptions } from './recorded-run.js';
import { reportInput, writeReport } from './report.js';
import { runName } from './search.js';
import { trainingParts, type TrainRequest } from './train.js';

interface JobsRequest {
  readonly seeds: readonly number[];
  /** Name of the runs, before the seed; the recipe, or space and data, by default. */
  readonly name?: string | undefined;
  /** Where the finished runs are listed, each with its report. Default `runs`. */
  readonly runs?: string | undefined;
  /** Folder of job results. Default `jobs` in that folder. */
  readonly results?: string | undefined;
  /** Threads of each search or training. */
  readonly threads?: number | undefined;
  /** Where the searches run; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
}

export interface SeedsRequest extends PartsRequest, JobsRequest {
  /** Called with the searches once all are finished, before they are compared. */
  readonly onSearched?: ((searches: readonly SeedSearch[]) => void) | undefined;
}

export interface SeedSearch {
  readonly seed: number;
  readonly result: JobResult;
  readonly summary: RunSummary;
  /** Its run directory; undefined if it ran on another machine. */
  readonly run: string | undefined;
}

export interface SeedsReport {
  readonly analysis: SeedsAnalysis;
  readonly seeds: number;
  /** The page's file. */
  readonly report: string;
}

export interface SeedsOutcome {
  readonly searches: readonly SeedSearch[];
  /** Their summary; undefined for a single run. */
  readonly common: SeedsReport | undefined;
}

/** See `searchSeeds` in index.ts. */
export async function searchSeeds({ seeds, onSearched, ...request }: SeedsRequest): Promise<SeedsOutcome | undefined> {
  const parts = await partsOf(request);
  // Errors that would affect every search are reported here, once, before any process is started.
  checkParts(parts);
  const backend = await loadBackend(parts.config.backend);
  // The folder of the summary: that it cannot be written must not be found out after the searches.
  const runs = request.runs ?? 'runs';
  const made = seeds.length > 1 ? makeFolder(runs) : undefined;
  const { threads } = request;
  const jobs = seeds.map((seed) => searchJob(parts, { seed, backend, ...(threads !== undefined && { threads }) }));
  const searches = await doJobs(jobs, parts, { seeds, ...request }, codeFiles(parts.config)).finally(() =>
    made?.undo(),
  );
  if (!searches) return undefined;
  onSearched?.(searches);
  if (searches.length < 2) return { searches, common: undefined };
  const name = sha256(jobs.map(({ key }) => key).join()).slice(0, 8);
  const found = searches.map(({ summary }) => summary as unknown as SeedRun);
  makeFolder(runs);
  return { searches, common: writeSeedsPage(found, join(runs, `seeds-${name}.html`)) };
}

export interface TrainSeedsRequest extends Omit<TrainRequest, 'runs' | 'name'>, Omit<JobsRequest, 'seeds'> {
  /** The default is that of the configuration. */
  readonly seeds?: readonly number[] | undefined;
}

export interface TrainSeedsOutcome {
  readonly trainings: readonly SeedSearch[];
  /** The mean of the test results with its uncertainty; undefined for a single run. */
  readonly mean:
    | (Pick<OverSeeds, 'value' | 'interval'> & {
        readonly measure: 'accuracy' | 'loss';
        readonly standardDeviation: number;
      })
    | undefined;
}

/** See `trainSeeds` in index.ts; `overrides` are fields with the command-line words that set them, for messages. */
export async function trainSeeds(
  architecture: string,
  { seeds: given, ...request }: TrainSeedsRequest,
  overrides: readonly Override[] = [],
): Promise<TrainSeedsOutcome | undefined> {
  const parts = await trainingParts({ ...request, architecture }, overrides);
  checkParts(parts, architecture);
  const seeds = given ?? [parts.config.seed];
  const backend = await loadBackend(parts.config.backend);
  const { threads } = request;
  const jobs = seeds.map((seed) =>
    trainingJob(parts, architecture, { seed, backend, ...(threads !== undefined && { threads }) }),
  );
  const files = codeFiles({ ...parts.config, controller: { name: 'random' } });
  const trainings = await doJobs(jobs, parts, { seeds, ...request }, files);
  return trainings && { trainings, mean: meanTest(trainings) };
}

function meanTest(trainings: readonly SeedSearch[]): TrainSeedsOutcome['mean'] {
  const tests = trainings.flatMap(({ summary: { test } }) => test ?? []);
  const accuracies = tests.flatMap(({ accuracy }) => accuracy ?? []);
  const measure = accuracies.length === tests.length ? 'accuracy' : 'loss';
  const values = measure === 'accuracy' ? accuracies : tests.map(({ loss }) => loss);
  if (values.length < 2) return undefined;
  const { value, interval } = assessMean(values, { possible: measure === 'accuracy' ? [0, 1] : [0, Infinity] });
  return { measure, value, interval, standardDeviation: standardDeviation(values) };
}

/** Runs the jobs, one per seed, and lists their runs among the others. */
async function doJobs(
  jobs: readonly Job[],
  parts: SearchParts,
  {
    seeds,
    runs = 'runs',
    name = runName(parts),
    results: folder = join(runs, 'jobs'),
    withExecutor = inThisProcess({ results: folder }),
  }: JobsRequest,
  files: readonly string[],
): Promise<SeedSearch[] | undefined> {
  const results = await withExecutor({ total: jobs.length, parts, files }, (executor) => submitAll(executor, jobs));
  if (!results) return undefined;
  const done: SeedSearch[] = [];
  for (const [i, result] of results.entries()) {
    const seed = seeds[i]!;
    const worked = listRuns(join(folder, result.key)).at(-1);
    const run = worked === undefined ? undefined : copyRun(worked, runs, `${name} seed ${seed}`);
    if (run !== undefined) await writeReport(run, parts.space);
    done.push({ seed, result, summary: result.value as unknown as RunSummary, run });
  }
  return done;
}

/** See `reportSeeds` in index.ts. */
export async function reportSeeds(
  directories: readonly string[],
  { out, ...options }: SpaceOptions & { readonly out?: string | undefined } = {},
): Promise<SeedsReport> {
  const inputs = await Promise.all(
    directories.map(async (directory) => ({
      path: openRun(directory).path,
      input: reportInput(directory, await spaceOfRun(directory, options)),
    })),
  );
  return writeSeedsPage(seedRunsOf(inputs), out ?? join(dirname(inputs[0]!.path), 'seeds.html'));
}

function writeSeedsPage(runs: readonly SeedRun[], report: string): SeedsReport {
  const analysis = analyseSeeds(runs);
  writeFileAtomic(report, seedsPage(analysis, packageVersion));
  return { analysis, seeds: runs.length, report };
}
