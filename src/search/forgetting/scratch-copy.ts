/**
 * Trains networks alone for a few steps on a copy of the shared weights, so that the effect on others can be measured.
 */
import { emptyState } from '../../chain/state.js';
import { type Child } from '../../supernet/child.js';
import { createParameterStore, type ParameterStore } from '../../supernet/parameter-store.js';
import { mapNamed } from '../../tensor/named.js';
import { tf } from '../../tensor/tf.js';
import { disposeLearner, learn, type Learner } from '../../training/learner.js';
import { type SearchSession } from '../session.js';

export interface Scratch {
  /** The copy. */
  readonly store: ParameterStore;
  /**
   * Copies the shared weights and trains the network on the copy, starting with the epoch's batch at `from`, with a
   * fresh optimizer at the search's current rate.
   */
  train(child: Child, steps: number, from?: number): void;
  dispose(): void;
}

/** A scratch copy of the shared weights; `purpose` names its random masks. The caller disposes it. */
export function scratchCopy({ config, data, state, supernet }: SearchSession, purpose: string): Scratch {
  const store = createParameterStore(supernet.store.catalogue, purpose);
  return {
    store,
    train(child, steps, from = 0) {
      const { parameters, statistics } = supernet.store;
      store.assign(mapNamed({ ...parameters, ...statistics }, (tensor) => tf.clone(tensor)));
      const learner: Learner = { store, trainer: supernet.trainer, state: emptyState, carried: {} };
      for (let step = 0; step < steps; step++)
        learn(learner, {
          child,
          source: data.train,
          epoch: state.epoch,
          step: (from + step) % data.train.steps,
          // The rate of the last step: a schedule may have ended.
          globalStep: Math.max(0, state.globalStep - 1),
          seed: `${config.seed}/${purpose}`,
          smoothing: config.search.labelSmoothing,
        });
      disposeLearner({ ...learner, store: { ...store, dispose: () => {} } });
    },
    dispose: () => store.dispose(),
  };
}
