/** A session as tensors and plain JSON, and back: what a checkpoint holds. */
import { WeftError } from '../errors.js';
import { type Json } from '../operations/operation.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../tensor/named.js';
import { tf, type Tensor1D } from '../tensor/tf.js';
import { startRetraining } from './phases/retrain.js';
import { type Learner } from '../training/learner.js';
import { type SearchSession, type WatchedLearner } from './session.js';
import { type SearchState } from './state.js';

export interface SearchSnapshot {
  readonly tensors: Readonly<Record<string, NamedTensors>>;
  readonly state: SnapshotState;
}

interface SnapshotState {
  readonly search: SearchState;
  readonly controller: Json;
  readonly counts: Readonly<Record<string, number>>;
  readonly retrainCounts?: Readonly<Record<string, number>>;
  readonly forgetting?: Json;
  /** The state of importance sampling. */
  readonly importance?: Json;
}

/** Everything a resumed search needs; the tensors are borrowed. */
export function takeSnapshot({
  state,
  supernet,
  controller,
  retrained,
  forgetting,
  remedies,
}: SearchSession): SearchSnapshot {
  const policy = controller.snapshot();
  const watched = forgetting?.snapshot();
  return {
    tensors: {
      weights: weightsOf(supernet),
      optimizer: supernet.state.tensors,
      controller: policy.tensors,
      carried: supernet.carried,
      ...(watched && { forgetting: watched.tensors }),
      ...(retrained && {
        retrained: weightsOf(retrained),
        'retrained-optimizer': retrained.state.tensors,
        'retrained-carried': retrained.carried,
      }),
      ...(retrained?.best && { 'retrained-best': retrained.best }),
      ...(supernet.eigenvector && { 'shared-sharpness': { eigenvector: supernet.eigenvector } }),
      ...(retrained?.eigenvector && { sharpness: { eigenvector: retrained.eigenvector } }),
    },
    state: {
      search: structuredClone(state),
      controller: policy.state,
      counts: supernet.state.counts,
      ...(watched && { forgetting: watched.state }),
      ...(remedies.importance && { importance: remedies.importance.snapshot() }),
      ...(retrained && { retrainCounts: retrained.state.counts }),
    },
  };
}

/** Restores a fresh session to the snapshot; the tensors are borrowed. */
export function restoreSnapshot(session: SearchSession, { tensors, state }: SearchSnapshot): void {
  const group = (name: string): NamedTensors => groupIn(tensors, name);
  Object.assign(session.state, state.search);
  putBack(session.supernet, group('weights'), group('optimizer'), group('carried'), state.counts);
  restoreEigenvector(session.supernet, tensors['shared-sharpness']);
  session.controller.restore({ tensors: group('controller'), state: state.controller });
  if (session.remedies.importance) {
    if (state.importance === undefined)
      throw new WeftError(
        'checkpoint',
        'the checkpoint contains no state of importance sampling',
        'it was written by another version, or is damaged',
      );
    session.remedies.importance.restore(state.importance);
  }
  if (session.forgetting) {
    if (state.forgetting === undefined)
      throw new WeftError(
        'checkpoint',
        'the checkpoint contains no state of the forgetting measurement',
        'it was written by another version, or is damaged',
      );
    session.forgetting.restore({ tensors: group('forgetting'), state: state.forgetting });
  }
  if (state.retrainCounts) {
    session.retrained = startRetraining(session);
    putBack(
      session.retrained,
      group('retrained'),
      group('retrained-optimizer'),
      group('retrained-carried'),
      state.retrainCounts,
    );
    restoreEigenvector(session.retrained, tensors['sharpness']);
    const best = tensors['retrained-best'];
    if (best) session.retrained.best = copyOf(best);
  }
}

/** The same from a checkpoint that was read for this, whose tensors are disposed. */
export function restoreCheckpoint(session: SearchSession, checkpoint: SearchSnapshot): void {
  try {
    restoreSnapshot(session, checkpoint);
  } finally {
    Object.values(checkpoint.tensors).forEach(disposeNamed);
  }
}

/** Weights, the state of their optimizer, and counts of steps. */
export interface LearnerSnapshot {
  /** `weights`, `optimizer` and `carried`. */
  readonly tensors: Readonly<Record<string, NamedTensors>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** What a learner needs in order to continue; the tensors are borrowed. */
export function snapshotLearner(learner: Learner): LearnerSnapshot {
  return {
    tensors: { weights: weightsOf(learner), optimizer: learner.state.tensors, carried: learner.carried },
    counts: learner.state.counts,
  };
}

/** Restores a fresh learner to the snapshot; the tensors are borrowed. */
export function restoreLearner(learner: Learner, { tensors, counts }: LearnerSnapshot): void {
  putBack(learner, groupIn(tensors, 'weights'), groupIn(tensors, 'optimizer'), groupIn(tensors, 'carried'), counts);
}

function groupIn(tensors: LearnerSnapshot['tensors'], name: string): NamedTensors {
  const found = tensors[name];
  if (!found)
    throw new WeftError(
      'checkpoint',
      `the checkpoint has no '${name}'`,
      'it was written by another version, or is damaged',
    );
  return found;
}

function weightsOf({ store }: Learner): NamedTensors {
  return { ...store.parameters, ...store.statistics };
}

function restoreEigenvector(learner: WatchedLearner, tensors: NamedTensors | undefined): void {
  const eigenvector = tensors?.['eigenvector'];
  if (eigenvector) learner.eigenvector = tf.keep(tf.clone(eigenvector as Tensor1D));
}

function putBack(
  learner: Learner,
  weights: NamedTensors,
  slots: NamedTensors,
  carried: NamedTensors,
  counts: Readonly<Record<string, number>>,
): void {
  const { parameters, statistics } = learner.store;
  const missing = [...Object.keys(parameters), ...Object.keys(statistics)].find((name) => !weights[name]);
  if (missing)
    throw new WeftError('checkpoint', `the checkpoint has no '${missing}'`, 'it belongs to another space or version');
  learner.store.assign(copyOf(weights));
  learner.state = { tensors: copyOf(slots), counts };
  learner.carried = copyOf(carried);
}

const copyOf = (tensors: NamedTensors): NamedTensors => mapNamed(tensors, (tensor) => tf.keep(tf.clone(tensor)));
