/** The same search with several seeds, and what runs that differ in their seeds have in common. */
import { dirname, join } from 'node:path';
import { type JobResult, searchJob, submitAll } from '../jobs/index.js';
import { analyseSeeds, type SeedRun, seedRunsOf, type SeedsAnalysis, seedsPage } from '../report/index.js';
import { openRun, packageVersion, type RunSummary, sha256, writeFileAtomic } from '../runs/index.js';
import { checkParts } from '../search/check-parts.js';
import { loadBackend } from '../tensor/backend.js';
import { inThisProcess, ownFiles, type WithExecutor } from './executing.js';
import { partsOf, type PartsRequest } from './parts.js';
import { spaceOfRun, type SpaceOptions } from './recorded-run.js';
import { reportInput } from './report.js';

export interface SeedsRequest extends PartsRequest {
  readonly seeds: readonly number[];
  /** Folder of the results, in which the page is written. Default `runs/jobs`. */
  readonly results?: string | undefined;
  /** Threads of each search. */
  readonly threads?: number | undefined;
  /** Where the searches are done; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
  /** Hears of the searches once all are finished, before they are compared. */
  readonly onSearched?: ((searches: readonly SeedSearch[]) => void) | undefined;
}

export interface SeedSearch {
  readonly seed: number;
  readonly result: JobResult;
  readonly summary: RunSummary;
}

export interface SeedsReport {
  readonly analysis: SeedsAnalysis;
  readonly seeds: number;
  /** The page's file. */
  readonly report: string;
}

export interface SeedsOutcome {
  readonly searches: readonly SeedSearch[];
  /** What they have in common; undefined for a single one. */
  readonly common: SeedsReport | undefined;
}

/** See `searchSeeds` in index.ts. */
export async function searchSeeds({
  seeds,
  results: folder = 'runs/jobs',
  threads,
  withExecutor = inThisProcess({ results: folder }),
  onSearched,
  ...request
}: SeedsRequest): Promise<SeedsOutcome | undefined> {
  const parts = await partsOf(request);
  // What every search would fail of is told here, once, and before any process is started.
  checkParts(parts);
  const backend = await loadBackend(parts.config.backend);
  const jobs = seeds.map((seed) => searchJob(parts, { seed, backend, ...(threads !== undefined && { threads }) }));
  const files = ownFiles(parts.config);
  const results = await withExecutor({ total: jobs.length, parts, files }, (executor) => submitAll(executor, jobs));
  if (!results) return undefined;
  const searches = results.map((result, i) => ({
    seed: seeds[i]!,
    result,
    summary: result.value as unknown as RunSummary,
  }));
  onSearched?.(searches);
  if (searches.length < 2) return { searches, common: undefined };
  const name = sha256(jobs.map(({ key }) => key).join()).slice(0, 8);
  const runs = searches.map(({ summary }) => summary as unknown as SeedRun);
  return { searches, common: writeSeedsPage(runs, join(folder, `seeds-${name}.html`)) };
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
