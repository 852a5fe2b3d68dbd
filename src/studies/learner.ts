/** A child under training by one optimizer: what studies compare. */
import { type SearchSpace } from '../graph/index.js';
import { createTrainer, emptyState, type OptimizerConfigInput, type OptimizerState } from '../optimizers/index.js';
import { catalogue } from '../supernet/catalogue.js';
import { type Child } from '../supernet/child.js';
import { createParameterStore, type ParameterStore } from '../supernet/parameter-store.js';
import { disposeNamed } from '../tensor/named.js';
import { type TensorBatch, trainStep } from '../training/index.js';

/** Weights under training by one optimizer. */
export interface Learner {
  readonly name: string;
  readonly store: ParameterStore;
  state: OptimizerState;
  steps: number;
  /** Gradients of a batch that these steps have cost. */
  gradients: number;
  notes: Set<string>;
  /** One step; the loss before it. */
  learn(batch: TensorBatch): number;
  dispose(): void;
}

export function learner(
  name: string,
  child: Child,
  space: SearchSpace,
  optimizer: OptimizerConfigInput,
  { seed, totalSteps, smoothing }: { seed: number; totalSteps: number; smoothing?: number },
): Learner {
  const all = catalogue(space.supernet);
  const store = createParameterStore(all, seed, [...child.parameterNames, ...child.statisticNames]);
  const trainer = createTrainer(optimizer, {
    stepsPerEpoch: totalSteps,
    totalSteps,
    roleOf: (parameter) => all.parameters.get(parameter)?.role,
  });
  const self: Learner = {
    name,
    store,
    state: emptyState,
    steps: 0,
    gradients: 0,
    notes: new Set(),
    learn(batch) {
      const mode = { training: true, normalization: 'batch', seed: `${seed}/study/${self.steps}` } as const;
      const { state, loss, notes, gradientEvaluations } = trainStep({
        child,
        store,
        trainer,
        state: self.state,
        batch,
        mode,
        step: self.steps,
        smoothing,
      });
      self.state = state;
      self.steps++;
      self.gradients += gradientEvaluations;
      notes.forEach((note) => self.notes.add(note));
      return loss;
    },
    dispose() {
      store.dispose();
      disposeNamed(self.state.tensors);
    },
  };
  return self;
}

/** Steps that so many gradients of a batch pay for: one of G-TRACER costs a single gradient while its Fisher information settles. */
export function stepsWithin(gradients: number, optimizer: OptimizerConfigInput): number {
  const cost = createTrainer(optimizer, { stepsPerEpoch: 1, totalSteps: 1 }).gradientEvaluations;
  const single = 'settle' in optimizer ? Math.min(optimizer.settle ?? 0, gradients) : 0;
  return Math.max(1, single + Math.floor((gradients - single) / cost));
}
