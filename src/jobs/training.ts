/** The two kinds of jobs that are runs: one architecture trained alone, and a whole search. */
import { configSchema, type SearchConfig } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Json } from '../operations/operation.js';
import { createRun, type JsonObject, listCheckpoints, listRuns, lockRun, openRun, readSummary, type Run, type RunLock, type RunSummary, sha256, stringifyStrict } from '../runs/index.js';
import { remainingUnits } from '../search/advance.js';
import { conductSearch, spaceIdentity } from '../search/conduct.js';
import { optionsOf, type SearchParts } from '../search/session.js';
import { type BackendName, describeBackend, loadBackend } from '../tensor/backend.js';
import { type Job, type JobContext, type JobRunners } from './contract.js';
import { type FileReference, referTo, resolveReference } from './files.js';
import { defineJob } from './job.js';
import { interrupted } from './runner.js';

export interface RunJobOptions {
  /** Seed of every random draw; the configuration's by default. */
  readonly seed?: number;
  /** Threads that compute: part of the job's name, because sums of floats depend on their order. */
  readonly threads?: number;
  /** The backend that computes; the present one by default. */
  readonly backend?: BackendName;
}

type JobParts = Pick<SearchParts, 'config' | 'space' | 'data'>;

/** What a job that is a run says: everything of the configuration that its result depends on, and hashes of what lies outside. */
interface RunPayload {
  readonly config: SearchConfig;
  readonly space: string | FileReference;
  readonly controller: string | FileReference;
  readonly architecture: string | null;
  readonly backend: BackendName;
  readonly threads: number;
  /** Hashes of the data and of the space's tree, options and task. */
  readonly data: string;
  readonly identity: string;
}

/** Trains an architecture (text encoding) from scratch as `retrain` of the configuration says, on training and validation part, and tests it. */
export function trainingJob(parts: JobParts, architecture: string, options: RunJobOptions = {}): Job {
  const { seed, data, retrain } = parts.config;
  // What only a search would use is left at its default, so that it does not change the name.
  const config = configSchema.parse({ seed: options.seed ?? seed, space: parts.config.space, data, retrain, controller: { name: 'random' } });
  const space = spaceOf(config, parts);
  const encoding = space.encode(space.decode(architecture));
  return runJob('train', config, parts, encoding, `train ${encoding} seed ${config.seed}`, options);
}

/** A whole search with its retraining, as `weft search` does it. */
export function searchJob(parts: JobParts, options: RunJobOptions = {}): Job {
  const { recipe: _recipe, budget, backend: _backend, checkpoint: _checkpoint, ...rest } = parts.config;
  if (budget !== undefined) throw new WeftError('job', 'a search with a time budget cannot be a job, because its result depends on the clock', 'leave out --budget and set search.epochs');
  const config = configSchema.parse({ ...rest, seed: options.seed ?? rest.seed });
  return runJob('search', config, parts, null, `search ${parts.space.name} seed ${config.seed}`, options);
}

function runJob(kind: string, config: SearchConfig, parts: JobParts, architecture: string | null, label: string, { threads = 1, backend = describeBackend().name }: RunJobOptions): Job {
  const payload: RunPayload = {
    config, architecture, backend, threads,
    space: referTo(config.space.name),
    controller: referTo(config.controller.name),
    data: dataHash(parts.data),
    identity: spaceIdentity({ space: spaceOf(config, parts) }),
  };
  // The name does not say where files lie on this machine.
  const { source: _source, path: _path, ...chosen } = config.data;
  const named = { ...config, data: chosen, space: optionsOf(config.space), controller: optionsOf(config.controller) };
  return defineJob({ kind, label, payload: plain(payload), identity: plain({ ...payload, config: named }) });
}

/** The runners of both kinds; `loadParts` finds what a configuration names. */
export function runRunners(loadParts: (config: SearchConfig) => Promise<SearchParts>): JobRunners {
  const runner: JobRunners[string] = async (payload, context) => perform(payload as unknown as RunPayload, context, loadParts);
  return { train: runner, search: runner };
}

async function perform(payload: RunPayload, context: JobContext, loadParts: (config: SearchConfig) => Promise<SearchParts>): Promise<JsonObject> {
  const { config: asked, architecture, backend, threads } = payload;
  await loadBackend(backend, { threads });
  const config = configSchema.parse({
    ...asked,
    space: { ...asked.space, name: resolveReference(payload.space, context.files) },
    controller: { ...asked.controller, name: resolveReference(payload.controller, context.files) },
  });
  const parts = await loadParts(config);
  checkSame('data', payload.data, dataHash(parts.data));
  checkSame('search space', payload.identity, spaceIdentity({ space: spaceOf(config, parts) }));
  const { run, lock, summary } = takeRun(context.folder, parts, backend);
  try {
    const done = summary ?? await conductSearch(run, parts, {
      ...(architecture !== null && { architecture }),
      onUnit: ({ state, ...session }) => {
        const left = Object.values(remainingUnits({ state, ...session })).reduce((sum, units) => sum + units, 0);
        context.progress({ done: state.units, total: state.units + left, ...(state.lossCount > 0 && { partial: { loss: state.lossSum / state.lossCount } }) });
      },
      shouldStop: context.shouldStop,
    }, hasBegun(run));
    if (!done) throw interrupted();
    return resultsOf(done);
  } finally {
    lock.release();
  }
}

/** The run of an earlier attempt if there is one that nobody works on, else a new one. */
function takeRun(folder: string, { config, space, data }: SearchParts, backend: string): TakenRun {
  for (const path of listRuns(folder)) {
    const taken = tryRun(path);
    if (taken) return taken;
  }
  const run = createRun(folder, { name: `${space.name} ${data.record.name}`, seed: config.seed, config: plain(config), facts: { data: plain(data.record), backend } });
  return { run, lock: lockRun(run.path), summary: undefined };
}

interface TakenRun {
  readonly run: Run;
  readonly lock: RunLock;
  readonly summary: RunSummary | undefined;
}

/** Undefined for a run that a process works on which was thought lost, and for one that is damaged. */
function tryRun(path: string): TakenRun | undefined {
  let lock: RunLock | undefined;
  try {
    const run = openRun(path);
    lock = lockRun(path);
    return { run, lock, summary: readSummary(path) };
  } catch (error) {
    lock?.release();
    if (error instanceof WeftError && error.code !== 'disk') return undefined;
    throw error;
  }
}

const hasBegun = ({ path }: Run): boolean => listCheckpoints(path).length > 0;

/** The summary without what was measured. */
function resultsOf({ elapsedSeconds: _elapsed, peakMemoryMB: _peak, ...results }: RunSummary): JsonObject {
  return plain(results);
}

function checkSame(what: string, wanted: string, found: string): void {
  if (wanted !== found) throw new WeftError('job', `the ${what} of this worker is not that of the job`, `give the worker the same ${what}: a job is the same wherever it is done`);
}

const dataHash = ({ record }: JobParts['data']): string => sha256(record.sources.map((source) => source.sha256).join('\n'));

const spaceOf = (config: SearchConfig, { space, data: { task } }: JobParts): SearchSpace => space.create(optionsOf(config.space), task);

/** The value as JSON holds it: without fields that are undefined. */
const plain = (value: object): JsonObject => JSON.parse(stringifyStrict(value as Json)) as JsonObject;
