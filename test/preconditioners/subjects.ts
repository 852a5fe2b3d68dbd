/** Children of every space and steps on them, for the tests of preconditioners. */
import { type SearchSpace } from 'weft-nas';
import elasticMlp from '../../search-spaces/elastic-mlp.js';
import macroCnn from '../../search-spaces/macro-cnn.js';
import microCnn from '../../search-spaces/micro-cnn.js';
import mlp from '../../search-spaces/mlp.js';
import lstm from '../../search-spaces/lstm.js';
import nasBench201 from '../../search-spaces/nas-bench-201.js';
import rnnCell from '../../search-spaces/rnn-cell.js';
import transformer from '../../search-spaces/transformer.js';
import {
  createTrainer,
  emptyState,
  type OptimizerConfigInput,
  type OptimizerState,
  type Trainer,
} from '../../src/optimizers/index.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { type Child, createChild } from '../../src/supernet/child.js';
import { createParameterStore, type ParameterStore } from '../../src/supernet/parameter-store.js';
import { wholeName } from '../../src/supernet/slices.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { type TensorBatch, trainStep, type TrainStepResult } from '../../src/training/index.js';

const SIDE = 5;
const TASK = { inputShape: [SIDE, SIDE, 1], classes: 3 };
const TEXT = { kind: 'language', inputShape: [4], classes: 3 } as const;

export const SPACES: Readonly<Record<string, SearchSpace>> = {
  'macro-cnn': macroCnn.create({ layers: 2, filters: 2, reductions: 1 }, TASK),
  'micro-cnn': microCnn.create({ nodes: 1, layers: 1, filters: 2, reductions: 1, stemFactor: 1 }, TASK),
  mlp: mlp.create({ depth: 2, widths: [3, 4] }, TASK),
  'elastic-mlp': elasticMlp.create({ depths: [1, 2], widths: [2, 3] }, TASK),
  'nas-bench-201': nasBench201.create({ cells: 1, filters: 2, operations: ['none', 'conv3'] }, TASK),
  lstm: lstm.create({ layers: 2, hidden: 2 }, TEXT),
  'rnn-cell': rnnCell.create({ nodes: 2, hidden: 2 }, TEXT),
  transformer: transformer.create({ depth: 1, width: 2, heads: [1, 2], ratios: [2] }, TEXT),
};

export interface Subject {
  readonly space: SearchSpace;
  readonly store: ParameterStore;
  readonly batch: TensorBatch;
  child(seed: number): Child;
  /** Momentum on preconditioned gradients, or what `optimizer` says. */
  trainer(preconditioner: object, optimizer?: object): Trainer;
  /** One step on the store, on its batch or on another one; the new state. */
  step(trainer: Trainer, child: Child, state: OptimizerState, step: number, batch?: TensorBatch): TrainStepResult;
  dispose(): void;
}

/** A supernet of the space with its weights, and a batch. */
export function subject(spaceName: string, examples = 6): Subject {
  const space = SPACES[spaceName]!;
  const all = catalogue(space.supernet);
  const store = createParameterStore(all, 1);
  const rng = stream(5, 'batch');
  const shape = [examples, ...space.task.inputShape];
  const size = shape.reduce((a, b) => a * b, 1);
  const cycle = (lengths: number[], step: number): tf.Tensor =>
    tf.tensor(
      Int32Array.from({ length: lengths.reduce((a, b) => a * b, 1) }, (_, i) => (i * step) % 3),
      lengths,
      'int32',
    );
  const isText = space.task.kind === 'language';
  const batch = {
    inputs: isText ? cycle(shape, 2) : tf.tensor(Float32Array.from({ length: size }, rng.normal), shape),
    labels: cycle(isText ? shape : [examples], 1),
  };
  return {
    space,
    store,
    batch,
    child: (seed) => createChild(space, space.sample(stream(seed, spaceName))),
    trainer: (preconditioner, optimizer = { name: 'momentum', learningRate: 0.01, preconditioner }) =>
      createTrainer(optimizer as OptimizerConfigInput, {
        stepsPerEpoch: 2,
        totalSteps: 40,
        examples,
        roleOf: (parameter) => all.parameters.get(wholeName(parameter))?.role,
      }),
    step: (trainer, child, state, step, another = batch) =>
      trainStep({
        child,
        store,
        trainer,
        state,
        batch: another,
        mode: { training: true, normalization: 'batch', seed: `train/${step}` },
        step,
      }),
    dispose() {
      store.dispose();
      tf.dispose({ ...batch });
    },
  };
}

/** Several steps on one child. */
export function advance(
  { step }: Subject,
  trainer: Trainer,
  child: Child,
  from: number,
  steps: number,
  state: OptimizerState = emptyState,
): OptimizerState {
  let current = state;
  for (let t = from; t < from + steps; t++) current = step(trainer, child, current, t).state;
  return current;
}
