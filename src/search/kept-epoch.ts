/**
 * Decides which epoch of retraining is kept and when retraining ends, on the validation part, never on the test part.
 */
import { type SearchConfig } from '../config/schema.js';
import { observesValidation } from '../optimizers/index.js';
import { emptyState } from '../chain/state.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf } from '../tensor/tf.js';
import { type Evaluation, evaluateChild, SHARED_EVALUATION } from '../training/evaluate.js';
import { withEvaluationWeights } from '../training/learner.js';
import { advantage, type Objective } from './objective.js';
import { type Retrained, type SearchSession } from './session.js';

type Retraining = Pick<SearchConfig['retrain'], 'keep' | 'patience' | 'optimizer' | 'calibrate'>;

/** Whether the weights of the best epoch are kept: if requested, or if training may end early. */
const keepsBest = ({ keep, patience }: Pick<Retraining, 'keep' | 'patience'>): boolean =>
  (keep ?? (patience === undefined ? 'last' : 'best')) === 'best';

/** Whether epochs are compared on the validation part. */
export const comparesEpochs = (retrain: Pick<Retraining, 'keep' | 'patience'>): boolean =>
  retrain.patience !== undefined || keepsBest(retrain);

/** Whether the validation part is held out from retraining, because it is used for a decision. */
export const holdsOutValidation = (retrain: Retraining): boolean =>
  comparesEpochs(retrain) || observesValidation(retrain.optimizer) || retrain.calibrate === true;

/**
 * Whether a finished classifier's probabilities are calibrated: if there are examples that it was not trained on,
 * unless turned off.
 */
export const isCalibrated = (retrain: Retraining): boolean =>
  retrain.calibrate !== false && holdsOutValidation(retrain);

export interface WatchedEpoch {
  readonly validation: Pick<Evaluation, 'accuracy' | 'loss' | 'score'>;
  /** Whether training ends because too many epochs have passed without a better one. */
  readonly stop: boolean;
}

/**
 * Evaluates the epoch that has just ended, and keeps its weights if it is the best so far; undefined if epochs are not
 * compared.
 */
export function watchEpoch(session: SearchSession, learner: Retrained, epoch: number): WatchedEpoch | undefined {
  const { config, data, objective, state } = session;
  const { retrain } = config;
  if (!comparesEpochs(retrain)) return undefined;
  const { count: _, ...validation } = withEvaluationWeights(learner, learner.child.parameterNames, (weights) =>
    evaluateChild(learner.child, weights, data.validation, SHARED_EVALUATION, undefined, {
      scoring: objective.scoring,
      compiled: learner.passes,
    }),
  );
  if (isBetter(validation, state.bestEpoch, objective.measure)) {
    state.bestEpoch = { epoch, ...validation };
    if (keepsBest(retrain)) remember(learner);
  }
  return {
    validation,
    stop: retrain.patience !== undefined && epoch - (state.bestEpoch?.epoch ?? -1) >= retrain.patience,
  };
}

/** Replaces the weights with those of the best epoch; false if none were kept. */
export function adoptBestEpoch(learner: Retrained): boolean {
  if (!learner.best) return false;
  learner.store.assign(learner.best);
  learner.best = undefined;
  // Averages and slots belong to the last weights.
  disposeNamed(learner.state.tensors);
  learner.state = emptyState;
  return true;
}

/** Compares by the measure and then by the loss; an epoch without a finite loss is never the best. */
function isBetter(
  one: WatchedEpoch['validation'],
  other: WatchedEpoch['validation'] | undefined,
  measure: Objective['measure'],
): boolean {
  if (!Number.isFinite(one.loss) || !other) return Number.isFinite(one.loss);
  const ahead = advantage(one, other, measure);
  return ahead === 0 ? one.loss < other.loss : ahead > 0;
}

function remember(learner: Retrained): void {
  const { store } = learner;
  if (learner.best) disposeNamed(learner.best);
  learner.best = withEvaluationWeights(
    learner,
    Object.keys(store.parameters),
    ({ parameters, statistics }): NamedTensors =>
      mapNamed({ ...parameters, ...statistics }, (tensor) => tf.keep(tf.clone(tensor))),
  );
}
