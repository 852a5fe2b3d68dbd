/** The common part of regularizers that let other architectures learn from the same batch. */
import { type Json } from '../operations/operation.js';
import { AT_REST, type LossShare, type Regularizer, type TrainedArchitecture } from './regularizer.js';

export interface Replay<S extends Json> {
  readonly name: string;
  /** Share of the others in the loss, for reports. */
  readonly strength: number;
  readonly initial: S;
  /** The shares of a step's loss, or undefined if only the trained architecture learns. */
  mixture(architecture: string, state: S, step: number): readonly LossShare[] | undefined;
  /** The state once an architecture is trained. */
  remember?(trained: TrainedArchitecture, state: S): S;
}

export function replay<S extends Json>({ name, strength, initial, mixture, remember }: Replay<S>): Regularizer {
  let state = initial;
  return {
    name,
    watched: [],
    startEpoch() {},
    mixture: (architecture, step) => (strength === 0 ? undefined : mixture(architecture, state, step)),
    remember(trained) {
      if (remember) state = remember(trained, state);
    },
    status: () => ({ ...AT_REST, alpha: strength }),
    tensors: () => [],
    snapshot: () => ({ tensors: {}, state: structuredClone(state) }),
    restore(saved) {
      state = structuredClone(saved.state) as S;
    },
    dispose() {},
  };
}
