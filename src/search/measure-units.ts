/**
 * How long the units of work of a search take, measured on a few of its own. They are done by a session that is thrown
 * away: the search itself begins as if nothing had been measured.
 */
import { parameterCount } from '../graph/cost.js';
import { type SearchSpace } from '../graph/define-space.js';
import { stopwatch } from '../runs/index.js';
import { smallestOf } from '../statistics/index.js';
import { createChild } from '../supernet/child.js';
import { stream } from '../tensor/rng.js';
import { advance, remainingUnits } from './advance.js';
import { costOf, isSteady } from './unit-times.js';
import { recurringNetworks, repeatSteps } from './recurring-networks.js';
import { type UnitCost, type UnitCosts, type WorkPhase } from './progress.js';
import { createSession, type SearchParts, type SearchSession } from './session.js';

export interface Estimate {
  readonly units: UnitCosts;
  /** Units in an epoch. */
  readonly steps: { readonly search: number; readonly retrain: number };
}

/** Units of a phase that are measured, more where they are short. The first ones compile what later ones use. */
const MEASURED: Readonly<Record<WorkPhase, number>> = {
  weights: 24,
  controller: 24,
  'epoch-end': 1,
  derive: 12,
  retrain: 24,
  test: 0,
};
/**
 * Short units are measured for at least so many seconds, or for this share of their phase; long ones for at most so
 * many seconds. The first second of a process is slow: its JavaScript is not compiled yet.
 */
const ENOUGH_SECONDS = 0.3;
const ENOUGH_SHARE = 0.05;
const MOST_SECONDS = 2;
/**
 * Units that still get faster are measured for longer: until they do not, for this share of their phase, or for so many
 * seconds.
 */
const STEADY_SHARE = 0.1;
const STEADY_SECONDS = 4;
/** Long work may be measured for longer: for this share of the whole phase, or of a budget. */
const MEASURED_SHARE = 0.01;
const MEASURED_BUDGET = 0.02;
/** However slow the machine is, a phase is not measured any longer once it has taken this share of a budget. */
const MOST_OF_BUDGET = 0.05;

/** An evaluation is the forward part of a training step. */
const FORWARD = 0.4;
/** Seconds for the simple models with which a test result is compared, and for writing the results. */
const SIMPLE_MODELS = 1;

/**
 * What a unit of each phase costs, from a session that is thrown away. The backend must be loaded. Throws what the
 * search itself would.
 */
export function measureUnits(parts: SearchParts, architecture?: string): Estimate {
  const session = createMeasured(parts, architecture);
  const { config, data, space, state } = session;
  const units: Partial<Record<WorkPhase, UnitCost>> = {};
  const measure = (phase: WorkPhase, period?: number): void => {
    Object.assign(state, { epoch: 0, step: 0 });
    const cost = timeUnits(session, phase, period);
    if (cost) units[phase] = cost;
  };
  try {
    if (architecture === undefined) {
      measure('weights', config.search.batchesPerArchitecture);
      if (config.search.rounds > 0) measure('controller');
      measure('epoch-end');
      measure('derive');
    }
    if (config.retrain.epochs > 0) {
      const found = architecture ?? ordinaryOf(space, config.seed);
      state.derived = { architecture: found, hash: '', accuracy: null, loss: null };
      Object.assign(state, { epoch: 0, lossSum: 0, lossCount: 0 });
      measure('retrain');
      const { each = 0 } = units.retrain ?? {};
      units.test = {
        each: each * FORWARD * data.test.steps * (data.test.count / data.retrain.count) + SIMPLE_MODELS,
        once: 0,
      };
    }
    return { units, steps: { search: data.train.steps, retrain: data.retrain.steps } };
  } finally {
    session.dispose();
  }
}

/** The session to be measured. Where networks recur, their steps are compiled at once, as most of the search's are. */
function createMeasured(parts: SearchParts, architecture: string | undefined): SearchSession {
  const session = createSession(parts, () => {});
  const { config } = session;
  const recurs = architecture === undefined && recurringNetworks(session, remainingUnits(session).weights);
  if (!recurs || config.compile !== 'auto') return session;
  session.dispose();
  return createSession({ ...parts, config: { ...config, compile: 'graph' } }, () => {});
}

/** Random architectures of which the one of median size stands for the network that will be found. */
const SAMPLED = 15;

/** The encoding of the architecture of median size among a few random ones. */
function ordinaryOf(space: SearchSpace, seed: number): string {
  const rng = stream(seed, 'estimate');
  const sampled = Array.from({ length: SAMPLED }, () => space.sample(rng))
    .map((architecture) => ({ architecture, size: parameterCount(createChild(space, architecture).nodes) }))
    .sort((a, b) => a.size - b.size);
  return space.encode(sampled[Math.floor(SAMPLED / 2)]!.architecture);
}

/**
 * What a unit of this phase costs: the mean over the last of the measured units, and what the first ones took beyond
 * that once, for compiling and the like.
 */
function timeUnits(session: SearchSession, phase: WorkPhase, period = 1): UnitCost | undefined {
  const fewest = 2 * period * Math.ceil(MEASURED[phase] / (2 * period));
  const planned = remainingUnits(session)[phase];
  const { budget = 0 } = session.config;
  const recurring = phase === 'weights' ? recurringNetworks(session, planned) : undefined;
  const watch = stopwatch();
  const times: number[] = [];
  while (times.length < planned) {
    // A short epoch is repeated.
    if (session.state.phase !== phase) Object.assign(session.state, { phase, step: 0 });
    if (recurring) repeatSteps(session, times.length);
    const before = watch.elapsed();
    advance(session);
    times.push(watch.elapsed() - before);
    if (budget > 0 && times.length >= 2 && watch.elapsed() > MOST_OF_BUDGET * budget) break;
    const shortest = smallestOf(times);
    const spent = times.length * shortest;
    const most = Math.max(MOST_SECONDS, MEASURED_SHARE * planned * shortest, MEASURED_BUDGET * budget);
    if (times.length < fewest) {
      if (times.length >= 2 && spent > most) break;
    } else if (spent >= ENOUGH_SECONDS) {
      const whole = planned * costOf(times, period).each;
      const enough = watch.elapsed() > ENOUGH_SHARE * whole && isSteady(times, period);
      if (enough || spent > most || watch.elapsed() > Math.min(STEADY_SECONDS, STEADY_SHARE * whole)) break;
    }
  }
  if (times.length === 0) return undefined;
  const { each, once } = costOf(times, period);
  return { each, once: recurring ? once * recurring : once };
}
