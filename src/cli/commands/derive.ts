/** `weft derive`: the final choice again, from the last checkpoint of a run, with other numbers. */
import {
  describeEnvironment,
  type EnvironmentChange,
  environmentChanges,
  loadLatestCheckpoint,
  refuseChanges,
  sayChanges,
} from '../../runs/index.js';
import { environmentOf, keptLatencies, spaceIdentity } from '../../search/conduct.js';
import { bestOf, evaluateCandidate } from '../../search/phases/derive.js';
import { requireFinite } from '../../search/model.js';
import { createSession, type SearchParts, type SearchSession } from '../../search/session.js';
import { restoreCheckpoint, type SearchSnapshot } from '../../search/snapshot.js';
import { loadBackend } from '../../tensor/backend.js';
import { type ExecutorOptions } from '../executor.js';
import { runArguments } from '../next-steps.js';
import { createOutput } from '../output.js';
import { loadRecordedParts, openRecorded, type RecordedOptions, type RecordedRun } from '../recorded-run.js';

/** Judges fresh candidates with the run's shared weights and prints the best; the run itself is not changed. */
export async function derive(
  directory: string,
  options: {
    candidates?: number;
    batches?: number;
    top: number;
    retrainTop?: number;
    allowChangedEnvironment?: boolean;
    json?: boolean;
  } & ExecutorOptions &
    RecordedOptions,
): Promise<void> {
  const output = createOutput({ ...options, live: options.retrainTop !== undefined });
  const recorded = openRecorded(directory, options);
  const { run, backend } = recorded;
  const parts = await loadRecordedParts(recorded, options);
  const { config } = parts;
  const chosen: string[] = [];
  const session = await openSession(
    recorded,
    {
      ...parts,
      config: {
        ...config,
        derive: {
          ...config.derive,
          ...(options.candidates !== undefined && { candidates: options.candidates }),
          ...(options.batches !== undefined && { batches: options.batches }),
        },
      },
    },
    (changes) => {
      if (!options.allowChangedEnvironment) refuseChanges(run.path, changes);
      output.emit({ type: 'environment-changed', changes });
      output.say(`judged under other conditions than the search: ${sayChanges(changes)}`);
    },
  );
  try {
    Object.assign(session.state, { phase: 'derive', step: 0, candidates: { controller: [], random: [] } });
    const total = session.config.derive.candidates + session.config.derive.random;
    while (session.state.phase === 'derive') {
      output.status([`judging candidate ${session.state.step + 1}/${total}`]);
      evaluateCandidate(session);
    }
    output.status([]);
    const distinct = [...new Map(session.state.candidates.controller.map((one) => [one.hash, one])).values()];
    for (let place = 1; place <= Math.max(options.top, options.retrainTop ?? 0) && distinct.length > 0; place++) {
      const best = bestOf(distinct, session.objective.measure);
      distinct.splice(distinct.indexOf(best), 1);
      if (place <= (options.retrainTop ?? 0)) chosen.push(best.architecture);
      output.emit({ type: 'candidate', place, ...best });
      output.say(
        `${String(place).padStart(2)}. ${session.objective.measure === 'loss' ? `loss ${best.loss.toFixed(4)}` : `${(100 * best.accuracy).toFixed(2)} %`}  ${best.architecture}`,
      );
    }
    if (options.retrainTop === undefined) output.say(`next  weft train ARCHITECTURE --run ${runArguments(run.path)}`);
  } finally {
    session.dispose();
  }
  if (options.retrainTop !== undefined)
    await (await import('./many.js')).retrainAll(chosen, parts, backend, options, output);
}

/**
 * The session of a run as its last checkpoint left it; nothing is written. `onChange` hears of conditions that were others then. Throws
 * WeftError('numeric') if a shared weight is NaN or infinite.
 */
export async function openSession(
  { run, backend }: RecordedRun,
  parts: SearchParts,
  onChange: (changes: readonly EnvironmentChange[]) => void,
): Promise<SearchSession> {
  const { path } = run;
  await loadBackend(backend);
  const session = createSession({ ...parts, latencyTable: keptLatencies(path, parts.config) }, () => {});
  try {
    const { tensors, state } = loadLatestCheckpoint(path, spaceIdentity(session), {
      run: run.manifest,
      check(saved) {
        const changes = environmentChanges(environmentOf(run, saved), describeEnvironment());
        if (changes.length > 0) onChange(changes);
      },
    });
    requireFinite(tensors['weights'] ?? {}, `the last checkpoint of ${path}`);
    restoreCheckpoint(session, { tensors, state: state as unknown as SearchSnapshot['state'] });
    return session;
  } catch (error) {
    session.dispose();
    throw error;
  }
}
