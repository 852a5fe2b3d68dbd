/** Small problems with known answers, and loops that own their tensors, for the tests of optimizers. */
import {
  emptyState,
  type Evaluate,
  type OptimizerConfigInput,
  type OptimizerState,
  replaceState,
  type StepContext,
  type Trainer,
  type TrainingSetting,
} from '../../src/optimizers/index.js';
import { type Examples, placesOf } from '../../src/chain/loss.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy } from '../../src/tensor/tf.js';

export const SETTING: TrainingSetting = {
  stepsPerEpoch: 2,
  totalSteps: 40,
  roleOf: (name) => (name.endsWith('kernel') ? 'kernel' : 'bias'),
};

export interface Problem {
  readonly evaluate: Evaluate;
  readonly batchSize: number;
  context(step: number): StepContext;
  dispose(): void;
}

const SHAPES: Readonly<Record<string, number[]>> = { 'a/kernel': [3, 2], 'a/bias': [2], 'b/kernel': [2, 4] };

/** First values of the weights of `quadratic`. */
export function weights(seed: number): NamedTensors {
  const result: Record<string, tf.Tensor> = {};
  for (const [name, shape] of Object.entries(SHAPES)) {
    const rng = stream(seed, 'weights', name);
    result[name] = tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 1 + 0.5 * rng.normal()),
      shape,
    );
  }
  return result;
}

/** Mean over four examples n of sum of h (w - z_n)^2 / 2, with curvatures h from .5 to 2 and small z_n. */
export function quadratic(): Problem {
  const batchSize = 4;
  const curvature: Record<string, tf.Tensor> = {};
  const centres: Record<string, tf.Tensor> = {};
  for (const [name, shape] of Object.entries(SHAPES)) {
    const size = shape.reduce((a, b) => a * b);
    const rng = stream(1, 'problem', name);
    curvature[name] = tf.tensor(
      Float32Array.from({ length: size }, (_, i) => 0.5 + (1.5 * i) / size),
      shape,
    );
    centres[name] = tf.tensor(
      Float32Array.from({ length: batchSize * size }, () => 0.1 * rng.normal()),
      [batchSize, ...shape],
    );
  }
  // [N] losses, and offsets w - z of the chosen examples.
  const parts = (parameters: NamedTensors, examples: Examples = [0, 1, 2, 3]) => {
    const chosen = placesOf(examples);
    const offsets = mapNamed(parameters, (w, name) => tf.sub(w, tf.gather(centres[name]!, chosen)));
    const losses = Object.entries(offsets).map(([name, offset]) =>
      tf.sum(tf.reshape(tf.mul(curvature[name]!, tf.square(offset)), [chosen.size, -1]), 1),
    );
    return { offsets, losses: tf.mul(0.5, tf.addN(losses)) as tf.Tensor1D };
  };
  const evaluate: Evaluate = (parameters, { examples }) =>
    tidy(() => {
      const { offsets, losses } = parts(parameters, examples);
      return {
        loss: tf.mean(losses),
        gradients: mapNamed(offsets, (offset, name) => tf.mul(curvature[name]!, tf.mean(offset, 0))),
      };
    });
  const context = (step: number): StepContext => ({
    step,
    seed: 1,
    batchSize,
    exampleLosses: (parameters) => tidy(() => parts(parameters).losses),
  });
  return { evaluate, batchSize, context, dispose: () => tf.dispose([curvature, centres]) };
}

export interface Trained {
  parameters: NamedTensors;
  state: OptimizerState;
}

/** Takes `steps` steps; owns the parameters and the state that it is given, and hands over those it returns. */
export function advance(
  trainer: Trainer,
  problem: Problem,
  parameters: NamedTensors,
  state: OptimizerState,
  from: number,
  steps: number,
): Trained {
  let current = { parameters, state };
  for (let t = from; t < from + steps; t++) {
    const next = trainer.step(problem.evaluate, current.parameters, current.state, problem.context(t));
    for (const name of Object.keys(next.parameters)) current.parameters[name]!.dispose();
    current = {
      parameters: { ...current.parameters, ...next.parameters },
      state: replaceState(current.state, next.state),
    };
  }
  return current;
}

/** The same from an empty state. */
export function run(trainer: Trainer, problem: Problem, parameters: NamedTensors, steps: number): Trained {
  return advance(trainer, problem, parameters, emptyState, 0, steps);
}

export function disposeState({ tensors }: OptimizerState): void {
  disposeNamed(tensors);
}

export function copy(tensors: NamedTensors): NamedTensors {
  return mapNamed(tensors, (tensor) => tf.clone(tensor));
}

/** Plain numbers of every tensor. */
export function values(tensors: NamedTensors): Record<string, number[]> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
}

/** The state as plain values. */
export function stateValues({ tensors, counts }: OptimizerState): Record<string, unknown> {
  return { ...values(tensors), counts };
}

/** The state as a checkpoint brings it back: other tensors, the same bytes and counts. */
export function reread({ tensors, counts }: OptimizerState): OptimizerState {
  return {
    tensors: mapNamed(tensors, (tensor) => tf.tensor(tensor.dataSync().slice(), tensor.shape, tensor.dtype)),
    counts: JSON.parse(JSON.stringify(counts)) as Record<string, number>,
  };
}

/** Options with which the optimizer makes good progress on `quadratic` in 40 steps. */
const OPTIONS: Readonly<Record<string, object>> = {
  adam: { learningRate: 0.1 },
  adamw: { learningRate: 0.1 },
  rmsprop: { learningRate: 0.05 },
  adagrad: { learningRate: 0.3 },
  lion: { learningRate: 0.05 },
  muon: { learningRate: 0.1, adamRate: 0.1 },
  'schedule-free-sgd': { learningRate: 0.5 },
  'schedule-free-adamw': { learningRate: 0.1 },
  looksam: { every: 3 },
  bsam: { dataSize: 1000, weightDecay: 0 },
  'sgd-tracer': { settle: 1, rho: 1e-3, delta: 0.1 },
  'adam-tracer': { settle: 1, rho: 1e-3, delta: 0.1, learningRate: 0.1 },
  'entropy-sgd': { iterations: 4 },
  sophia: { learningRate: 0.1, every: 3 },
  sassha: { every: 3 },
  swa: { start: 0 },
};

export function configFor(name: string): OptimizerConfigInput {
  return { name, ...OPTIONS[name] } as OptimizerConfigInput;
}

/** The same without what moves a weight whose gradient is zero. */
export function calmConfigFor(name: string): OptimizerConfigInput {
  const calm: Readonly<Record<string, object>> = { adamw: { weightDecay: 0 }, 'entropy-sgd': { noise: 0 } };
  return { ...configFor(name), ...calm[name] };
}
