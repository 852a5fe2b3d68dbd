/** Repeats the final choice from the last checkpoint of a run, with different settings. */
import { byQuality, type Objective } from '../search/objective.js';
import { namedCosts } from '../search/costs.js';
import { evaluateCandidate } from '../search/phases/derive.js';
import { parsePick } from '../search/pick.js';
import { type SearchSession } from '../search/session.js';
import { type Scored } from '../search/state.js';
import { inThisProcess, type WithExecutor } from './executors.js';
import { namedEnergies, namedLatencies, pickable, pickNetworks } from './pick-networks.js';
import { loadRecordedParts, openRecorded } from './recorded-run.js';
import { retrainBest, type Retrained } from './retrain-best.js';
import { openSession, type SessionOptions } from './session.js';

export interface DeriveOptions extends SessionOptions {
  /** Number of architectures sampled from the controller; by default as configured in the run. */
  readonly candidates?: number | undefined;
  /** Number of validation batches that each is evaluated on; same default. */
  readonly batches?: number | undefined;
  /** Only networks that meet these conditions, for example `latency<5ms,parameters<100k`. */
  readonly pick?: string | undefined;
  /** A file with the latencies of another device, replacing any measured by the run. */
  readonly latencyTable?: string | undefined;
  /** A CSV file with the energy of every network, replacing the one that the run has used. */
  readonly energyTable?: string | undefined;
  /** Its column; by default the only one with energies. */
  readonly energyColumn?: string | undefined;
  /** Trains this many of the best from scratch, and tests them. */
  readonly retrainTop?: number | undefined;
  /** Threads of each training. */
  readonly threads?: number | undefined;
  /** Where the trainings run; one after another in this process by default. */
  readonly withExecutor?: WithExecutor | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called with the ranking before any training. */
  readonly onRanking?: ((outcome: DeriveOutcome) => void) | undefined;
}

/** A candidate by its text encoding, with its costs by the run's further objectives. */
export type DerivedCandidate = Scored;

export interface DeriveOutcome {
  /** The run's directory. */
  readonly run: string;
  /** The measure that the ranking is sorted by. */
  readonly measure: Objective['measure'];
  /** Distinct candidates that meet the conditions, best first. */
  readonly ranking: readonly DerivedCandidate[];
  /** Of `retrainTop`, in the order of the ranking; undefined if not requested, or if the training was stopped. */
  readonly retrained?: readonly Retrained[] | undefined;
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
    evaluateCandidates(session, options.onProgress);
    const evaluated = [...new Map(session.state.candidates.controller.map((one) => [one.hash, one])).values()];
    const { measure } = session.objective;
    const { space } = session;
    const latencies =
      options.latencyTable === undefined ? session.latencies : namedLatencies(space, options.latencyTable);
    const { energyTable, energyColumn } = options;
    const energies = energyTable === undefined ? session.energies : namedEnergies(space, { energyTable, energyColumn });
    const remedy =
      'evaluate more candidates (--candidates 200), loosen the condition, or search with it as a limit (limits.…)';
    const ranking = pickNetworks(evaluated, conditions, { space, tables: { latencies, energies }, own, remedy })
      .sort(byQuality(measure))
      .map((one) => ({ ...one, ...costsOf(session, one) }));
    outcome = { run: recorded.run.path, measure, ranking };
  } finally {
    session.dispose();
  }
  options.onRanking?.(outcome);
  if (retrainTop === undefined) return outcome;
  const { threads, withExecutor = inThisProcess() } = options;
  const retrained = await retrainBest(parts, outcome.ranking.slice(0, retrainTop), {
    ...(recorded.backend && { backend: recorded.backend }),
    ...{ threads, withExecutor },
  });
  return { ...outcome, retrained };
}

function evaluateCandidates(session: SearchSession, onProgress: DeriveOptions['onProgress']): void {
  Object.assign(session.state, { phase: 'derive', step: 0, candidates: { controller: [], random: [] } });
  const total = session.config.derive.candidates + session.config.derive.random;
  while (session.state.phase === 'derive') {
    onProgress?.(session.state.step + 1, total);
    evaluateCandidate(session);
  }
}

function costsOf({ costs, space }: SearchSession, { architecture }: Scored): { costs?: Record<string, number> } {
  return costs ? { costs: namedCosts(costs, space.decode(architecture)) } : {};
}
