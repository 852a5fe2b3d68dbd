/** Compares runs over seeds, and draws two architectures overlaid. */
import { dirname, join } from 'node:path';
import { WeftError } from '../errors.js';
import {
  type ArchitectureDiff,
  compareConfigurations,
  type ComparedRun,
  comparePage,
  diffArchitectures,
  diffPage,
  type DiffSide,
  type RunComparison,
} from '../report/compare/index.js';
import { eventLog } from '../report/event-log.js';
import { openRun, packageVersion, readCheckedEvents, readSummary, runsIn, writeFileAtomic } from '../runs/index.js';
import { spaceOfRun, type SpaceOptions } from './recorded-run.js';
import { reportInput } from './report.js';

export interface CompareOptions extends SpaceOptions {
  /**
   * The compared setting, as one or more consecutive names of its path, for example `optimizer`; everything that
   * differs by default.
   */
  readonly by?: string | undefined;
  /** The page; `comparison.html` in the folder of the first run by default. */
  readonly out?: string | undefined;
}

export interface CompareOutcome {
  readonly comparison: RunComparison;
  /** The page's file. */
  readonly page: string;
}

/** See `compareRuns` in index.ts. */
export async function compareRuns(
  directories: readonly string[],
  { by, out, ...options }: CompareOptions = {},
): Promise<CompareOutcome> {
  const paths = directories.flatMap(runsIn);
  if (paths.length < 2)
    throw new WeftError(
      'run',
      'there is only one run to compare',
      'name two or more finished runs, or a folder of runs',
    );
  const runs = await Promise.all(
    paths.map(async (path): Promise<ComparedRun> => ({
      path,
      input: reportInput(path, await spaceOfRun(path, options)),
    })),
  );
  const comparison = compareConfigurations(runs, { by });
  const page = out ?? join(dirname(paths[0]!), 'comparison.html');
  writeFileAtomic(page, await comparePage(comparison));
  return { comparison, page };
}

export interface DiffOptions extends SpaceOptions {
  /** The run whose space the architectures belong to, if neither is given as a run. */
  readonly run?: string | undefined;
  /** The page; `diff.html` in the folder of the first run by default. */
  readonly out?: string | undefined;
}

export interface DiffOutcome {
  readonly diff: ArchitectureDiff;
  /** The page's file. */
  readonly page: string;
}

/** See `diffNetworks` in index.ts. */
export async function diffNetworks(
  a: string,
  b: string,
  { run: given, out, ...options }: DiffOptions = {},
): Promise<DiffOutcome> {
  const runs = [a, b].filter((name) => !isEncoding(name));
  const home = given ?? runs[0];
  if (home === undefined)
    throw new WeftError('run', 'both architectures are given as text', 'name a run of their space: --run RUN');
  const { path } = openRun(home);
  const { space } = reportInput(path, await spaceOfRun(path, options));
  const side = (name: string): DiffSide => (isEncoding(name) ? sideOf(name, path, name) : foundBy(name));
  const diff = await diffArchitectures(space!, side(a), side(b));
  const page = out ?? join(dirname(path), 'diff.html');
  writeFileAtomic(page, diffPage(diff, packageVersion));
  return { diff, page };
}

/** `macro-cnn~6cda98:conv3.sep3-0` and the like: a name, a fingerprint, choices. */
const isEncoding = (text: string): boolean => /^[^/\\]+~[0-9a-f]+:/.test(text);

/** The network that a run derived, or was given. */
function foundBy(directory: string): DiffSide {
  const { path, manifest } = openRun(directory);
  const summary = readSummary(path);
  if (!summary)
    throw new WeftError(
      'run',
      `${path} is not finished and has found no network yet`,
      `continue it: weft resume ${path}`,
    );
  return sideOf(`${manifest.name}, seed ${manifest.seed}`, path, summary.derived.architecture);
}

/** A run's results for an architecture: as a candidate with shared weights, and trained and tested. */
function sideOf(name: string, run: string, architecture: string): DiffSide {
  const summary = readSummary(run);
  const { test, derived } = summary ?? {};
  const candidate = eventLog(readCheckedEvents(run))
    .all('candidate')
    .find((one) => one.architecture === architecture);
  const own = derived?.architecture === architecture;
  return {
    name: name === architecture ? architecture.slice(architecture.indexOf(':') + 1) : name,
    architecture,
    sharedAccuracy: candidate?.accuracy ?? (own ? ((derived['accuracy'] as number | null) ?? undefined) : undefined),
    ...(own && test && { testAccuracy: test.accuracy, testLoss: test.loss }),
  };
}
