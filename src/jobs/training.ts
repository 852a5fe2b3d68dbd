/** The two kinds of jobs that are runs: one architecture trained alone and tested, and a whole search. */
import { configSchema } from '../config/schema.js';
import { WeftError } from '../errors.js';
import {
  createRun,
  describeEnvironment,
  environmentChanges,
  type JsonObject,
  listCheckpoints,
  listRuns,
  lockRun,
  openRun,
  readSummary,
  type Run,
  type RunLock,
  type RunSummary,
} from '../runs/index.js';
import { remainingUnits } from '../search/advance.js';
import { conductSearch } from '../search/conduct.js';
import { fisherShare } from '../search/fisher-part.js';
import { dataFiles } from '../search/recorded-data.js';
import { type SearchParts } from '../search/session.js';
import { type Job, type JobContext, type JobRunners } from './contract.js';
import {
  type JobParts,
  type LoadParts,
  openPayload,
  plain,
  RUN_KIND,
  runJob,
  type RunJobOptions,
  type RunPayload,
  spaceOf,
} from './payload.js';
import { codeFacts } from './files.js';
import { interrupted } from './runner.js';
import { type CheckedKind, checkedRunner } from './schema.js';
import { trainAloneHere } from './stand-alone.js';

const DEFAULT_BATCH = configSchema.parse({}).search.batchSize;

/**
 * Trains an architecture (text encoding) from scratch with the configured `retrain` settings, on the training and
 * validation parts, and tests it.
 */
export function trainingJob(parts: JobParts, architecture: string, options: RunJobOptions = {}): Job {
  const { seed, data, retrain, search } = parts.config;
  // Settings that only a search would use are left at their defaults, so that they do not change the name; but the
  // parts that a search sets aside stay set aside.
  const config = configSchema.parse({
    seed: options.seed ?? seed,
    space: parts.config.space,
    data: { ...data, fisher: fisherShare(parts.config) },
    retrain,
    // Small data may not fill a batch of the default size.
    ...(search.batchSize < DEFAULT_BATCH && { search: { batchSize: search.batchSize } }),
    controller: { name: 'random' },
    ...smallBatch(parts),
  });
  const space = spaceOf(config, parts);
  const encoding = space.encode(space.decode(architecture));
  return runJob(
    { kind: 'train', config, parts, architecture: encoding, label: `train ${encoding} seed ${config.seed}` },
    options,
  );
}

/** Shared-weight batches are not used here, and must not be rejected if the data is smaller than the default. */
function smallBatch({ data: { task, counts } }: JobParts): { search?: { batchSize: number } } {
  const usual = configSchema.parse({}).search.batchSize;
  return task.kind !== 'language' && counts.train < usual ? { search: { batchSize: counts.train } } : {};
}

/** A whole search with its retraining, equivalent to `weft search`. */
export function searchJob(parts: JobParts, options: RunJobOptions = {}): Job {
  const { recipe: _recipe, budget, backend: _backend, checkpoint: _checkpoint, ...rest } = parts.config;
  if (budget !== undefined)
    throw new WeftError(
      'job',
      'a search with a time budget cannot be a job, because its result depends on the clock',
      'leave out --budget and set search.epochs',
    );
  const config = configSchema.parse({ ...rest, seed: options.seed ?? rest.seed });
  return runJob(
    { kind: 'search', config, parts, architecture: null, label: `search ${parts.space.name} seed ${config.seed}` },
    options,
  );
}

const withArchitecture: CheckedKind<RunPayload> = {
  ...RUN_KIND,
  schema: RUN_KIND.schema
    .refine(({ architecture }) => architecture !== null, {
      path: ['architecture'],
      message: 'must be the encoding of an architecture',
    })
    .refine(({ until, config }) => until === undefined || until <= config.retrain.epochs, {
      path: ['until'],
      message: 'must be at most the number of epochs',
    }),
};

/** The same for a training that does not end before its last epoch. */
const whole = (kind: CheckedKind<RunPayload>): CheckedKind<RunPayload> => ({
  ...kind,
  schema: kind.schema.refine(({ until }) => until === undefined, {
    path: ['until'],
    message: 'is for trainings alone',
  }),
});

/** The runners of all training jobs; `loadParts` resolves the names in a configuration. */
export function runRunners(loadParts: LoadParts): JobRunners {
  const run = (payload: RunPayload, context: JobContext): Promise<JsonObject> => perform(payload, context, loadParts);
  return {
    train: checkedRunner('train', whole(withArchitecture), run),
    search: checkedRunner('search', whole(RUN_KIND), run),
    alone: checkedRunner('alone', withArchitecture, (payload, context) => trainAloneHere(payload, context, loadParts)),
  };
}

async function perform(payload: RunPayload, context: JobContext, loadParts: LoadParts): Promise<JsonObject> {
  const { architecture, backend } = payload;
  const parts = await openPayload(payload, context, loadParts);
  const { run, lock, summary } = await takeRun(context.folder, parts, backend);
  try {
    const done =
      summary ??
      (await conductSearch(
        run,
        parts,
        {
          guard: lock.check,
          ...(architecture !== null && { architecture }),
          onUnit: ({ state, ...session }) => {
            const left = Object.values(remainingUnits({ state, ...session })).reduce((sum, units) => sum + units, 0);
            context.progress({
              done: state.units,
              total: state.units + left,
              ...(state.lossCount > 0 && { partial: { loss: state.lossSum / state.lossCount } }),
            });
          },
          shouldStop: context.shouldStop,
        },
        hasBegun(run),
      ));
    if (!done) throw interrupted();
    return resultsOf(done);
  } finally {
    lock.release();
  }
}

/** The run of an earlier attempt if there is one that no process holds, otherwise a new one. */
async function takeRun(
  folder: string,
  { config, space, data, starts }: SearchParts,
  backend: string,
): Promise<TakenRun> {
  for (const path of listRuns(folder)) {
    const taken = await tryRun(path);
    if (taken) return taken;
  }
  const run = createRun(folder, {
    name: `${space.name} ${data.record.name}`,
    seed: config.seed,
    config: plain(config),
    files: dataFiles(data.listing),
    facts: { data: plain(data.record), backend, ...codeFacts(config), ...(starts && { weights: plain(starts) }) },
  });
  return { run, lock: await lockRun(run.path), summary: undefined };
}

interface TakenRun {
  readonly run: Run;
  readonly lock: RunLock;
  readonly summary: RunSummary | undefined;
}

/**
 * Undefined for a run still held by a process that was considered lost, for one from another environment, and for a
 * damaged one.
 */
async function tryRun(path: string): Promise<TakenRun | undefined> {
  let lock: RunLock | undefined;
  try {
    const run = openRun(path);
    // A job belongs to one environment: work started in another is repeated.
    if (environmentChanges(run.manifest.environment, describeEnvironment()).length > 0) return undefined;
    lock = await lockRun(path);
    return { run, lock, summary: readSummary(path) };
  } catch (error) {
    lock?.release();
    if (error instanceof WeftError && error.code !== 'disk') return undefined;
    throw error;
  }
}

const hasBegun = ({ path }: Run): boolean => listCheckpoints(path).length > 0;

/** The summary without measured values. */
function resultsOf({
  elapsedSeconds: _elapsed,
  peakMemoryMB: _peak,
  compiled: _compiled,
  ...results
}: RunSummary): JsonObject {
  return plain(results);
}
