/** One unit of work of a search, whatever phase it is in. */
import { trainSharedWeights } from './phases/weights.js';
import { updateController } from './phases/controller.js';
import { endEpoch } from './phases/epoch-end.js';
import { evaluateCandidate } from './phases/derive.js';
import { retrain } from './phases/retrain.js';
import { testRetrained } from './phases/test.js';
import { retrainEpochs, type SearchSession } from './session.js';
import { type Phase } from './state.js';

const PHASES: Readonly<Record<Exclude<Phase, 'done'>, (session: SearchSession) => void>> = {
  weights: trainSharedWeights,
  controller: updateController,
  'epoch-end': endEpoch,
  derive: evaluateCandidate,
  retrain,
  test: testRetrained,
};

/** Does the next unit of work; false when the search is done. */
export function advance(session: SearchSession): boolean {
  const { phase } = session.state;
  if (phase === 'done') return false;
  PHASES[phase](session);
  session.state.units++;
  return true;
}

/** Remaining units of work of each phase. */
export function remainingUnits(session: SearchSession): Record<Exclude<Phase, 'done'>, number> {
  const { config, data, state } = session;
  const { epochs, rounds, warmupEpochs } = config.search;
  const order: Phase[] = ['weights', 'controller', 'epoch-end', 'derive', 'retrain', 'test', 'done'];
  const searching = order.indexOf(state.phase) < 3;
  const epochsAfter = searching ? epochs - state.epoch - 1 : 0;
  const roundsOf = (epoch: number): number => (epoch < warmupEpochs ? 0 : rounds);
  const later = rounds * Math.max(0, searching ? epochs - Math.max(state.epoch + 1, warmupEpochs) : 0);
  const derivations = config.derive.candidates + config.derive.random;
  const retrainings = retrainEpochs(session) * data.retrain.steps;
  const before = (phase: Phase): boolean => order.indexOf(state.phase) < order.indexOf(phase);
  return {
    weights: epochsAfter * data.train.steps + (state.phase === 'weights' ? data.train.steps - state.step : 0),
    controller:
      later +
      (state.phase === 'weights' ? roundsOf(state.epoch) : state.phase === 'controller' ? rounds - state.step : 0),
    'epoch-end': epochsAfter + (searching ? 1 : 0),
    derive: before('derive') ? derivations : state.phase === 'derive' ? derivations - state.step : 0,
    retrain: before('retrain')
      ? retrainings
      : state.phase === 'retrain'
        ? retrainings - state.epoch * data.retrain.steps - state.step
        : 0,
    test: before('done') ? 1 : 0,
  };
}
