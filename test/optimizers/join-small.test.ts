import { expect } from 'chai';
import {
  addDecayedWeights,
  chain,
  clipByGlobalNorm,
  clipByValue,
  constant,
  cosine,
  emptyState,
  type Evaluate,
  type Link,
  positiveNegativeMomentum,
  replaceState,
  scaleByAdagrad,
  scaleByAdam,
  scaleByLearningRate,
  scaleByRms,
  signOfMomentum,
  trace,
} from '../../src/optimizers/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { stream } from '../../src/tensor/rng.js';
import { tf } from '../../src/tensor/tf.js';
import { disposeState, stateValues, values } from './problems.js';

const SHAPES: Record<string, number[]> = {
  s: [],
  t: [],
  a: [5],
  b: [3],
  c: [5],
  'k/1': [3, 3, 2, 4],
  'k/2': [1, 1, 2, 4],
  'k/3': [2, 4],
  large: [130, 130],
  also: [7, 130],
};

function random(name: string, ...parts: (string | number)[]): tf.Tensor {
  const { normal } = stream(2, name, ...parts);
  const shape = SHAPES[name]!;
  return tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal), shape);
}

/** Some steps in which other subsets are active each time. */
function trajectory(links: readonly Link[]): { weights: Record<string, number[]>; state: Record<string, unknown> } {
  let weights: NamedTensors = Object.fromEntries(Object.keys(SHAPES).map((name) => [name, random(name, 'start')]));
  let state = emptyState;
  for (let t = 0; t < 8; t++) {
    const { uniform } = stream(3, t);
    const active = Object.keys(SHAPES).filter(() => uniform() < 0.7);
    const before = tf.memory().numTensors;
    const evaluate: Evaluate = (parameters) => ({
      loss: tf.scalar(0),
      gradients: mapNamed(parameters, (_, name) => random(name, 'gradient', t)),
    });
    const result = chain(...links).step(evaluate, pickNamed(weights, active), state, { step: t });
    const fresh =
      Object.keys(result.parameters).length +
      Object.entries(result.state.tensors).filter(([key, tensor]) => state.tensors[key] !== tensor).length;
    expect(tf.memory().numTensors - before).to.equal(fresh);
    disposeNamed(pickNamed(weights, active));
    weights = { ...weights, ...result.parameters };
    state = replaceState(state, result.state);
  }
  const found = { weights: values(weights), state: stateValues(state) };
  disposeNamed(weights);
  disposeState(state);
  return found;
}

/** Does nothing, and keeps a chain from joining. */
const apart: Link = { name: 'apart', update: (updates) => updates };

const chains: Record<string, Link[]> = {
  'decayed nesterov': [
    clipByValue(1),
    addDecayedWeights(0.1, (name) => name.length > 1),
    trace({ nesterov: true }),
    scaleByLearningRate(cosine({ maximum: 0.1, steps: 8 })),
  ],
  adamw: [scaleByAdam(), addDecayedWeights(0.1), scaleByLearningRate(constant(0.1))],
  'centered rmsprop': [scaleByRms({ centered: true }), trace(), scaleByLearningRate(constant(0.1))],
  adagrad: [scaleByAdagrad(), scaleByLearningRate(constant(0.1))],
  lion: [signOfMomentum(), scaleByLearningRate(constant(0.1))],
  pnm: [positiveNegativeMomentum(), scaleByLearningRate(constant(0.1))],
};

describe('joining small tensors', () => {
  before(() => loadBackend());

  for (const [name, links] of Object.entries(chains)) {
    it(`changes no bit of ${name}, whatever is active`, () => {
      expect(trajectory(links)).to.deep.equal(trajectory([apart, ...links]));
    });
  }

  it('changes a common norm by rounding only', () => {
    const links = [clipByGlobalNorm(1), trace(), scaleByLearningRate(constant(0.1))];
    const [joined, separate] = [trajectory(links), trajectory([apart, ...links])];
    for (const [name, list] of Object.entries(separate.weights))
      list.forEach((number, i) => expect(joined.weights[name]![i]).to.be.closeTo(number, 1e-6));
  });
});
