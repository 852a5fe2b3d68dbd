/** In training, optimizers that need the curvature get it exactly: their paths are those of derivatives in float64. */
import { expect } from 'chai';
import { activation, defineSpace, dense, flatten, oneOf, type SearchSpace, z } from 'weft-nas';
import {
  createTrainer,
  emptyState,
  type OptimizerConfigInput,
  replaceState,
  type Trainer,
} from '../../src/optimizers/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy, type Tensor } from '../../src/tensor/tf.js';
import { catalogue } from '../../src/supernet/catalogue.js';
import { createChild } from '../../src/supernet/child.js';
import { createParameterStore } from '../../src/supernet/parameter-store.js';
import { type TensorBatch, trainStep } from '../../src/training/index.js';
import { disposeState, values } from './problems.js';

const [INPUTS, HIDDEN, CLASSES, EXAMPLES, STEPS] = [4, 6, 3, 12, 10];
const SETTING = { stepsPerEpoch: STEPS, totalSteps: STEPS };

const space = (): SearchSpace =>
  defineSpace({
    name: 'perceptron',
    description: 'One hidden layer.',
    options: z.strictObject({}),
    choices: () => ({ only: oneOf(['one']) }),
    graph(g, _choices, _options, { classes }) {
      const x = g.apply('flat', flatten(), g.input);
      const h = g.apply('tanh', activation('tanh'), g.apply('hidden', dense({ units: HIDDEN }), x));
      return g.apply('classifier', dense({ units: classes }), h);
    },
  }).create({}, { inputShape: [1, 1, INPUTS], classes: CLASSES });

const batchOf = (step: number): { inputs: Float64Array; labels: number[] } => {
  const rng = stream('exact-curvature', step);
  return {
    inputs: Float64Array.from({ length: EXAMPLES * INPUTS }, () => Math.fround(rng.normal())),
    labels: Array.from({ length: EXAMPLES }, (_, n) => (n + step) % CLASSES),
  };
};

type Weights = Record<string, Float64Array>;
const ZERO = (): Weights => ({
  'hidden/kernel': new Float64Array(INPUTS * HIDDEN),
  'hidden/bias': new Float64Array(HIDDEN),
  'classifier/kernel': new Float64Array(HIDDEN * CLASSES),
  'classifier/bias': new Float64Array(CLASSES),
});

/** Gradient of the mean cross-entropy of softmax(tanh(x A + a) B + b) on the batch of a step, in float64. */
function gradient64(w: Weights, step: number): Weights {
  const { inputs, labels } = batchOf(step);
  const g = ZERO();
  for (let n = 0; n < EXAMPLES; n++) {
    const x = inputs.subarray(n * INPUTS, (n + 1) * INPUTS);
    const h = Array.from({ length: HIDDEN }, (_, j) =>
      Math.tanh(x.reduce((sum, value, i) => sum + value * w['hidden/kernel']![i * HIDDEN + j]!, w['hidden/bias']![j]!)),
    );
    const powers = Array.from({ length: CLASSES }, (_, k) =>
      Math.exp(
        h.reduce((sum, value, j) => sum + value * w['classifier/kernel']![j * CLASSES + k]!, w['classifier/bias']![k]!),
      ),
    );
    const total = powers.reduce((a, b) => a + b);
    const error = powers.map((power, k) => (power / total - (labels[n] === k ? 1 : 0)) / EXAMPLES);
    error.forEach((e, k) => {
      g['classifier/bias']![k]! += e;
      h.forEach((value, j) => (g['classifier/kernel']![j * CLASSES + k]! += value * e));
    });
    h.forEach((value, j) => {
      const back =
        error.reduce((sum, e, k) => sum + e * w['classifier/kernel']![j * CLASSES + k]!, 0) * (1 - value ** 2);
      g['hidden/bias']![j]! += back;
      x.forEach((input, i) => (g['hidden/kernel']![i * HIDDEN + j]! += input * back));
    });
  }
  return g;
}

const plus = (w: Weights, factor: number, v: Weights): Weights =>
  Object.fromEntries(Object.entries(w).map(([name, list]) => [name, list.map((x, i) => x + factor * v[name]![i]!)]));

/** H v by a central difference, which in float64 has nine correct digits. */
function product64(w: Weights, v: Weights, step: number): Weights {
  const [ahead, behind] = [gradient64(plus(w, 1e-5, v), step), gradient64(plus(w, -1e-5, v), step)];
  return plus(ZERO(), 1 / 2e-5, plus(ahead, -1, behind));
}

const to64 = (tensors: NamedTensors): Weights => ({
  ...ZERO(),
  ...Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, Float64Array.from(tensor.dataSync())])),
});
const from64 = (w: Weights, like: NamedTensors): NamedTensors =>
  mapNamed(like, ({ shape }, name) => tf.tensor(Float32Array.from(w[name]!), shape));

/** The weights after ten steps with gradients and products in float64, rounded only for the optimizer. */
function reference(trainer: Trainer, start: NamedTensors): Record<string, number[]> {
  let weights = mapNamed(start, (tensor) => tf.clone(tensor));
  let state = emptyState;
  for (let step = 0; step < STEPS; step++) {
    const result = trainer.step(
      (at) => ({ loss: tf.scalar(0), gradients: from64(gradient64(to64(at), step), at) }),
      weights,
      state,
      {
        step,
        seed: `train/${step}`,
        hessianVectorProduct: (at, vector) => ({
          product: from64(product64(to64(at), to64(vector), step), at),
          reasons: [],
        }),
      },
    );
    disposeNamed(weights);
    weights = result.parameters;
    state = replaceState(state, result.state);
  }
  const end = values(weights);
  disposeNamed(weights);
  disposeState(state);
  return end;
}

/** Ten steps of training; the caller owns the store and the start weights. */
function train(config: object) {
  const built = space();
  const store = createParameterStore(catalogue(built.supernet), 3);
  const child = createChild(built, { only: 'one' });
  const start = mapNamed(store.parameters, (tensor) => tf.clone(tensor));
  const trainer = createTrainer(config as OptimizerConfigInput, SETTING);
  let state = emptyState;
  const notes: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const { inputs, labels } = batchOf(step);
    const batch: TensorBatch = {
      inputs: tf.tensor(Float32Array.from(inputs), [EXAMPLES, 1, 1, INPUTS]),
      labels: tf.tensor1d(labels, 'int32'),
    };
    const mode = { training: true, normalization: 'batch', seed: `train/${step}` } as const;
    const result = trainStep({ child, store, trainer, state, batch, mode, step });
    state = result.state;
    notes.push(...result.notes);
    tf.dispose({ ...batch });
  }
  disposeState(state);
  return { store, start, end: values(store.parameters), notes };
}

describe('curvature in training', () => {
  before(() => loadBackend());

  it("is the same in AdaHessian's optimizer and in the preconditioner of that name", () => {
    const paths = [
      { name: 'adahessian', learningRate: 0.02, beta1: 0, epsilon: 1e-2 },
      { name: 'sgd', learningRate: 0.02, preconditioner: { name: 'adahessian', damping: 1e-2 } },
    ].map((config) => {
      const { store, start, end } = train(config);
      store.dispose();
      disposeNamed(start);
      return end;
    });
    expect(paths[0]).to.deep.equal(paths[1]);
  });

  for (const config of [
    { name: 'adahessian', learningRate: 0.05 },
    { name: 'adahessian', learningRate: 0.05, power: 0.5 },
    { name: 'sophia', learningRate: 0.05, every: 2, rho: 1 },
    { name: 'sassha', learningRate: 0.05, every: 2, rho: 0.1 },
    { name: 'sgd', learningRate: 0.02, preconditioner: { name: 'adahessian', damping: 1e-2 } },
    { name: 'sgd', learningRate: 0.02, preconditioner: { name: 'psgd', criterion: 'newton' } },
  ]) {
    it(`is exact: the trajectory of ${JSON.stringify(config)} is that of float64`, () => {
      const before = tf.memory().numTensors;
      const { store, start, notes } = train(config);
      const expected = reference(createTrainer(config as OptimizerConfigInput, SETTING), start);
      const [moved, gap] = tidy(() => {
        const difference = (a: NamedTensors, b: NamedTensors): number =>
          Math.sqrt(
            tf.addN(Object.keys(a).map((name) => tf.sum(tf.square(tf.sub(a[name]!, b[name]!))))).dataSync()[0]!,
          );
        const there = mapNamed(start, ({ shape }, name): Tensor => tf.tensor(expected[name]!, shape));
        return [difference(there, start), difference(pickNamed(store.parameters, Object.keys(start)), there)];
      });
      expect(gap / moved).to.be.below(1e-3);
      expect(notes).to.deep.equal([]);
      disposeNamed(start);
      store.dispose();
      expect(tf.memory().numTensors).to.equal(before);
    });
  }
});
