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
import { COST_UNITS, costMeasure, namedCosts } from '../../search/costs.js';
import { type Condition, parsePick } from '../../search/pick.js';
import { type Scored } from '../../search/state.js';
import { largestOf, smallestOf } from '../../statistics/extremes.js';
import { WeftError } from '../../errors.js';
import { bestOf, evaluateCandidate } from '../../search/phases/derive.js';
import { requireFinite } from '../../search/model.js';
import { createSession, type SearchParts, type SearchSession } from '../../search/session.js';
import { restoreCheckpoint, type SearchSnapshot } from '../../search/snapshot.js';
import { loadBackend } from '../../tensor/backend.js';
import { type ExecutorOptions } from '../executor.js';
import { runArguments } from '../../api/hints.js';
import { createOutput } from '../output.js';
import { loadRecordedParts, openRecorded, type RecordedOptions, type RecordedRun } from '../../api/recorded-run.js';

/** Judges fresh candidates with the run's shared weights and prints the best; the run itself is not changed. */
export async function derive(
  directory: string,
  options: {
    candidates?: number;
    batches?: number;
    top: number;
    retrainTop?: number;
    pick?: string;
    allowChangedEnvironment?: boolean;
    json?: boolean;
  } & ExecutorOptions &
    RecordedOptions,
): Promise<void> {
  const output = createOutput(options);
  const conditions = options.pick === undefined ? [] : parsePick(options.pick);
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
    const judged = [...new Map(session.state.candidates.controller.map((one) => [one.hash, one])).values()];
    const distinct = picked(session, judged, conditions);
    for (let place = 1; place <= Math.max(options.top, options.retrainTop ?? 0) && distinct.length > 0; place++) {
      const best = bestOf(distinct, session.objective.measure);
      distinct.splice(distinct.indexOf(best), 1);
      if (place <= (options.retrainTop ?? 0)) chosen.push(best.architecture);
      output.emit({ type: 'candidate', place, ...best });
      output.say(
        `${String(place).padStart(2)}. ${session.objective.measure === 'loss' ? `loss ${best.loss.toFixed(4)}` : `${(100 * best.accuracy).toFixed(2)} %`}  ${best.architecture}${saidCosts(session, best)}`,
      );
    }
    if (options.retrainTop === undefined) output.say(`next  weft train ARCHITECTURE --run ${runArguments(run.path)}`);
  } finally {
    session.dispose();
  }
  if (options.retrainTop !== undefined)
    await (await import('./many.js')).retrainAll(chosen, parts, backend, options, output);
}

/** Those that meet all conditions; throws WeftError('config') with the nearest where none does. */
function picked(session: SearchSession, judged: readonly Scored[], conditions: readonly Condition[]): Scored[] {
  if (conditions.length === 0) return [...judged];
  const { space, latencies } = session;
  const names = conditions.map(({ name }) => name).filter((name) => name !== 'accuracy' && name !== 'loss');
  const costs = costMeasure(space, [...new Set(names)], latencies);
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
    'judge more candidates (--candidates 200), loosen the condition, or search with it as a limit (limits.…)',
  );
}

function saidCosts({ costs, space }: SearchSession, { architecture }: Scored): string {
  if (!costs) return '';
  const values = costs.of(space.decode(architecture));
  return `  (${costs.names.map((name, i) => `${name} ${shown(values[i]!)}${COST_UNITS[name] && ` ${COST_UNITS[name]}`}`).join(', ')})`;
}

const shown = (value: number): string =>
  Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 4 });

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
