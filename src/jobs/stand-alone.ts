/**
 * Jobs that train one architecture on the training part and evaluate it on the validation part: the basis of choices,
 * without the test part.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configSchema } from '../config/schema.js';
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import {
  acquireLock,
  breathe,
  describeEnvironment,
  environmentChanges,
  type JsonObject,
  listCheckpoints,
  loadLatestCheckpoint,
  makeFolder,
  runFiles,
  type RecordedEnvironment,
  type RunLock,
  saveCheckpoint,
  sha256,
  stopwatch,
  stringifyStrict,
} from '../runs/index.js';
import { fisherShare } from '../search/fisher-part.js';
import { candidateConfig, type Hyperparameters, readCandidate } from '../search/hyperparameters/index.js';
import { type LearnerSnapshot } from '../search/snapshot.js';
import { trainAlone } from '../search/stand-alone.js';
import { disposeNamed } from '../tensor/named.js';
import { type Evaluation, requireFiniteLoss } from '../training/evaluate.js';
import { catalogue } from '../supernet/catalogue.js';
import { type Job, type JobContext } from './contract.js';
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
import { interrupted } from './runner.js';
import { keyOf } from './version.js';

export interface StandAloneJobOptions extends RunJobOptions {
  /**
   * Stops after this many of the epochs, and reports the evaluation after each: a job with a larger number continues
   * from there.
   */
  readonly until?: number;
}

/**
 * Trains a candidate (the text of an architecture, or of one with its hyper-parameters) for the configured number of
 * `retrain` epochs, and evaluates it on the validation part.
 */
export function standAloneJob(
  parts: JobParts,
  candidate: string,
  epochs: number,
  { until, ...options }: StandAloneJobOptions = {},
): Job {
  const { architecture, hyperparameters } = readCandidate(candidate);
  const {
    seed,
    space: named,
    data,
    retrain,
    search: { batchSize },
  } = candidateConfig(parts.config, hyperparameters);
  const config = configSchema.parse({
    seed: options.seed ?? seed,
    space: named,
    data: { ...data, fisher: fisherShare(parts.config) },
    // Training starts from fresh weights, whatever retraining starts from.
    retrain: { ...retrain, epochs, start: undefined, names: undefined },
    search: { batchSize },
    controller: { name: 'random' },
  });
  const space = spaceOf(config, parts);
  const encoding = space.encode(space.decode(architecture));
  return runJob(
    {
      kind: 'alone',
      config,
      parts,
      architecture: encoding,
      until,
      label: `train ${encoding} for ${until === undefined ? '' : `${until} of `}${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}${withValues(hyperparameters)}`,
    },
    options,
  );
}

/** The hyper-parameters as text, named after the setting they belong to. */
const withValues = (values: Hyperparameters): string => {
  const words = Object.entries(values).map(([path, value]) => `${path} ${value}`);
  return words.length === 0 ? '' : ` with ${words.join(', ')}`;
};

/** The result of the job. */
export interface StandAloneResult extends Evaluation {
  /** For a job with `until`: the evaluations after each epoch, with batch statistics. */
  readonly curve?: readonly Evaluation[];
}

export const evaluationOf = (value: JsonObject): StandAloneResult => value as unknown as StandAloneResult;

const SAVE_SECONDS = 30;

/**
 * The runner: continues from its last checkpoint, or from that of a shorter training of the same candidate on this
 * machine, and arrives at the same numbers.
 */
export async function trainAloneHere(
  payload: RunPayload,
  { folder, files, progress, shouldStop }: JobContext,
  loadParts: LoadParts,
): Promise<JsonObject> {
  const { until, ...whole } = payload;
  const parts = await openPayload(whole, { files }, loadParts);
  const { config } = parts;
  const space = spaceOf(config, parts);
  const data = parts.data.batches(config, { carries: catalogue(space.supernet).states.size > 0 });
  const { epochs } = config.retrain;
  const total = (until ?? epochs) * data.train.steps;
  const place = until === undefined ? folder : sharedFolder(folder, whole);
  const kept = await openKept(place, `${payload.identity} ${sha256(stringifyStrict(plain(whole)))}`);
  const earlier = kept?.load(total);
  const curve = [...(earlier?.curve ?? [])];
  const watch = stopwatch();
  let savedAt = 0;
  try {
    const training = trainAlone(space, space.decode(payload.architecture!), config, data, {
      epochs,
      own: parts.own,
      ...(until !== undefined && {
        until,
        onEpoch: (evaluation: Evaluation) =>
          void curve.push(requireFiniteLoss(evaluation, payload.architecture!, 'validation')),
      }),
      ...(earlier && { from: earlier }),
      async onStep({ step, loss, snapshot }) {
        progress({ done: step, total, partial: { loss } });
        await breathe();
        const stop = shouldStop();
        const isLeft = step === total && until !== undefined && until < epochs;
        if (kept && (stop || isLeft || watch.elapsed() - savedAt > SAVE_SECONDS)) {
          kept.save(step, snapshot(), curve);
          savedAt = watch.elapsed();
        }
        if (stop) throw interrupted();
      },
    });
    // Copied before its first step.
    if (earlier) Object.values(earlier.learner.tensors).forEach(disposeNamed);
    const evaluation = await training;
    if (until === undefined || until === epochs) kept?.forget();
    return plain({ ...evaluation, ...(until !== undefined && { curve }) });
  } finally {
    kept?.close();
  }
}

/** Next to the folder of a job, the one shared by jobs that train the same candidate for a different time. */
const sharedFolder = (folder: string, whole: RunPayload): string =>
  join(dirname(folder), keyOf('alone', RUN_KIND.identity(whole)));

interface Kept {
  /** The newest checkpoint, unless it is beyond this many steps. */
  load(steps: number): { step: number; learner: LearnerSnapshot; curve: readonly Evaluation[] | undefined } | undefined;
  save(step: number, learner: LearnerSnapshot, curve: readonly Evaluation[]): void;
  forget(): void;
  close(): void;
}

/**
 * The checkpoints of a job; undefined while a process that was considered lost is still working on it; nothing is saved
 * then.
 */
async function openKept(folder: string, identity: string): Promise<Kept | undefined> {
  makeFolder(folder);
  const lock = await tryLock(join(folder, 'job.lock'));
  if (!lock) return undefined;
  const { checkpoints } = runFiles(folder);
  makeFolder(checkpoints);
  const environment = describeEnvironment();
  return {
    load(steps) {
      const newest = listCheckpoints(folder).at(-1);
      if (newest === undefined || newest > steps) return undefined;
      try {
        const { step, tensors, state } = loadLatestCheckpoint(folder, identity, { check: requireSameEnvironment });
        const { counts, curve } = state as unknown as SavedState;
        return { step, learner: { tensors, counts }, curve };
      } catch (error) {
        // No checkpoint is complete, or from this environment: start over.
        if (error instanceof WeftError && error.code === 'checkpoint') return undefined;
        throw error;
      }
    },
    save: (step, { tensors, counts }, curve) =>
      void saveCheckpoint(
        folder,
        identity,
        { step, tensors, state: { counts, environment, curve } as unknown as Json, events: 0 },
        { guard: lock.check },
      ),
    forget() {
      lock.check();
      rmSync(checkpoints, { recursive: true });
    },
    close: () => lock.release(),
  };
}

interface SavedState {
  readonly counts: LearnerSnapshot['counts'];
  readonly environment: RecordedEnvironment;
  readonly curve?: readonly Evaluation[];
}

/** A job belongs to one environment: work started in another is repeated. */
function requireSameEnvironment(state: Json): void {
  const { environment } = state as unknown as Partial<SavedState>;
  if (!environment || environmentChanges(environment, describeEnvironment()).length > 0)
    throw new WeftError('checkpoint', 'the checkpoint was made under different conditions');
}

async function tryLock(path: string): Promise<RunLock | undefined> {
  try {
    return await acquireLock(path);
  } catch (error) {
    if (error instanceof WeftError && error.code === 'run') return undefined;
    throw error;
  }
}
