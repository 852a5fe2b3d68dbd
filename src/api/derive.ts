/** The final choice again, from the last checkpoint of a run, with other numbers. */
import { WeftError } from '../errors.js';
import { type JobResult, submitAll, trainingJob } from '../jobs/index.js';
import { type RunSummary } from '../runs/index.js';
import { type OwnPart } from '../parts/own.js';
import { costNames } from '../config/costs.js';
import { costMeasure, namedCosts } from '../search/costs.js';
import { deviceTable, readDeviceLatency } from '../search/device-latency.js';
import { type LatencyTable } from '../search/latency.js';
import { type OwnObjective, ownObjectives } from '../search/own-objective.js';
import { byQuality, type Objective } from '../search/objective.js';
import { evaluateCandidate } from '../search/phases/derive.js';
import { type Condition, parsePick } from '../search/pick.js';
import { type SearchParts, type SearchSession } from '../search/session.js';
import { type Scored } from '../search/state.js';
import { largestOf, smallestOf } from '../statistics/extremes.js';
import { codeFiles } from '../jobs/files.js';
import { inThisProcess, type WithExecutor } from './executing.js';
import { loadRecordedParts, openRecorded } from './recorded-run.js';
import { openSession, type SessionOptions } from './session.js';

export interface DeriveOptions extends SessionOptions {
  /** Architectures sampled from the controller; as many as the run's configuration says by default. */
  readonly candidates?: number | undefined;
  /** Validation batches that each is evaluated on, likewise. */
  readonly batches?: number | undefined;
  /** Only networks that meet these conditions, for example `latency<5ms,parameters<100k`. */
  readonly pick?: string | undefined;
  /** A file with the latencies of another device, in the place of those that the run has measured or not. */
  readonly latencyTable?: string | undefined;
  /** Trains the best so many from scratch, and tests them. */
  readonly retrainTop?: number | undefined;
  /** Threads of each training. */
  readonly threads?: number | undefined;
  /** Where they are trained; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Hears the ranking before any training. */
  readonly onRanking?: ((outcome: DeriveOutcome) => void) | undefined;
}

/** A candidate by its text encoding, with its costs by the run's further objectives. */
export type DerivedCandidate = Scored;

export interface DeriveOutcome {
  /** The run's directory. */
  readonly run: string;
  /** What the order is by. */
  readonly measure: Objective['measure'];
  /** Different candidates that meet the conditions, best first. */
  readonly ranking: readonly DerivedCandidate[];
  /** Of `retrainTop`, in the order of the ranking; undefined where none was asked for, or the training was stopped. */
  readonly retrained?: readonly Retrained[] | undefined;
}

export interface Retrained {
  /** Place in the ranking, from 1. */
  readonly place: number;
  readonly result: JobResult;
  readonly summary: RunSummary;
}

/** See `deriveRun` in index.ts. */
export async function deriveRun(directory: string, options: DeriveOptions = {}): Promise<DeriveOutcome> {
  const { candidates, batches, retrainTop } = options;
  const recorded = openRecorded(directory, options);
  const parts = await loadRecordedParts(recorded, options);
  const { config } = parts;
  const own = pickable(parts);
  const names = own.map(({ name }) => name);
  const conditions = options.pick === undefined ? [] : parsePick(options.pick, names);
  const derive = {
    ...config.derive,
    ...(candidates !== undefined && { candidates }),
    ...(batches !== undefined && { batches }),
  };
  const session = await openSession(recorded, { ...parts, config: { ...config, derive } }, options);
  let outcome: DeriveOutcome;
  try {
    judgeCandidates(session, options.onProgress);
    const judged = [...new Map(session.state.candidates.controller.map((one) => [one.hash, one])).values()];
    const { measure } = session.objective;
    const latencies = latenciesOf(session, options.latencyTable);
    const ranking = picked({ ...session, latencies }, judged, conditions, own)
      .sort(byQuality(measure))
      .map((one) => ({ ...one, ...costsOf(session, one) }));
    outcome = { run: recorded.run.path, measure, ranking };
  } finally {
    session.dispose();
  }
  options.onRanking?.(outcome);
  if (retrainTop === undefined) return outcome;
  const architectures = outcome.ranking.slice(0, retrainTop).map(({ architecture }) => architecture);
  const jobs = architectures.map((architecture) =>
    trainingJob(parts, architecture, {
      ...(recorded.backend && { backend: recorded.backend }),
      ...(options.threads !== undefined && { threads: options.threads }),
    }),
  );
  const files = codeFiles({ ...config, controller: { name: 'random' } });
  const withExecutor = options.withExecutor ?? inThisProcess();
  const results = await withExecutor({ total: jobs.length, parts, files }, (executor) => submitAll(executor, jobs));
  return { ...outcome, retrained: results?.map(asRetrained) };
}

const asRetrained = (result: JobResult, index: number): Retrained => ({
  place: index + 1,
  result,
  summary: result.value as unknown as RunSummary,
});

function judgeCandidates(session: SearchSession, onProgress: DeriveOptions['onProgress']): void {
  Object.assign(session.state, { phase: 'derive', step: 0, candidates: { controller: [], random: [] } });
  const total = session.config.derive.candidates + session.config.derive.random;
  while (session.state.phase === 'derive') {
    onProgress?.(session.state.step + 1, total);
    evaluateCandidate(session);
  }
}

/** The table of the device that was named, or else of the run. */
function latenciesOf({ space, latencies }: SearchSession, file: string | undefined): LatencyTable | undefined {
  if (file === undefined) return latencies;
  const found = readDeviceLatency(file);
  return deviceTable(space.forRetraining(), found, found.batchSize);
}

/** The user's own objectives by which candidates can be picked: those of the run, and those that are given in addition. */
function pickable({ config, own }: SearchParts): OwnObjective[] {
  const named = ownObjectives(config, own);
  const given = [...(own?.values() ?? [])]
    .filter((part): part is OwnPart<object, OwnObjective> => part.kind === 'weft-objective')
    .map((part) => part.create({}, {}));
  return [...named, ...given.filter(({ name }) => !named.some((one) => one.name === name))];
}

/** Those that meet all conditions; throws WeftError('config') with the nearest where none does. */
function picked(
  session: SearchSession,
  judged: readonly Scored[],
  conditions: readonly Condition[],
  own: readonly OwnObjective[],
): Scored[] {
  if (conditions.length === 0) return [...judged];
  const { space, latencies } = session;
  const asked = new Set(conditions.map(({ name }) => name));
  const costs = costMeasure(
    space,
    costNames.filter((name) => asked.has(name)),
    latencies,
    own.filter(({ name }) => asked.has(name)),
  );
  const values = judged.map((one) => ({
    accuracy: one.accuracy,
    loss: one.loss,
    ...namedCosts(costs, space.decode(one.architecture)),
  })) as Record<string, number>[];
  const met = judged.filter((_, i) => conditions.every(({ name, holds }) => holds(values[i]![name]!)));
  if (met.length > 0) return met;
  const ranges = [...new Set(conditions.map(({ name }) => name))].map((name) => {
    const all = values.map((one) => one[name]!);
    return `${name} is between ${shown(smallestOf(all))} and ${shown(largestOf(all))}`;
  });
  throw new WeftError(
    'config',
    `none of ${judged.length} candidates meets ${conditions.map(({ text }) => text).join(' and ')}: ${ranges.join('; ')}`,
    'evaluate more candidates (--candidates 200), loosen the condition, or search with it as a limit (limits.…)',
  );
}

function costsOf({ costs, space }: SearchSession, { architecture }: Scored): { costs?: Record<string, number> } {
  return costs ? { costs: namedCosts(costs, space.decode(architecture)) } : {};
}

/** A number with four significant digits, its thousands apart. */
export const shown = (value: number): string =>
  Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 4 });
