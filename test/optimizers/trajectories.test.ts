/**
 * Ten steps of every optimizer against the official implementations (see test/fixtures/optimizers/make.py), and against
 * rules written out beside them (rules.py).
 */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  createTrainer,
  emptyState,
  type Evaluate,
  type OptimizerConfigInput,
  OPTIMIZERS,
  replaceState,
  type StepContext,
} from '../../src/optimizers/index.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors, pickNamed } from '../../src/tensor/named.js';
import { tf, tidy, type Scalar, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import { type Examples, placesOf } from '../../src/chain/loss.js';
import { disposeState, SETTING, values } from './problems.js';

interface Fixture {
  start: Record<string, number[]>;
  shapes: Record<string, number[]>;
  curvature: Record<string, number[]>;
  inputs: number[];
  targets: number[];
  trajectories: {
    config: { name: string; evaluated?: boolean };
    problem: 'mlp' | 'separable';
    steps: Record<string, Record<string, number[]>>;
  }[];
}

const read = (name: string): Fixture =>
  JSON.parse(readFileSync(new URL(`../fixtures/optimizers/${name}.json`, import.meta.url), 'utf8')) as Fixture;
const fixture = read('trajectories');
const STEPS = 10;
const BATCH = 8;
const tensors = (numbers: Record<string, number[]>): NamedTensors =>
  Object.fromEntries(Object.entries(numbers).map(([name, list]) => [name, tf.tensor(list, fixture.shapes[name])]));

/** Half the squared error of tanh(x A + a) B + b for each example of batch t. */
function exampleLosses(weights: NamedTensors, t: number, examples?: Examples): Tensor1D {
  const rows = (list: number[], width: number): Tensor2D => {
    const all = tf.tensor2d(list.slice(t * BATCH * width, (t + 1) * BATCH * width), [BATCH, width]);
    return examples ? tf.gather(all, placesOf(examples)) : all;
  };
  const hidden = tf.tanh(
    tf.add(tf.matMul(rows(fixture.inputs, 3), weights['a/kernel'] as Tensor2D), weights['a/bias']!),
  ) as Tensor2D;
  const outputs = tf.add(tf.matMul(hidden, weights['b/kernel'] as Tensor2D), weights['b/bias']!);
  return tf.mul(0.5, tf.sum(tf.square(tf.sub(outputs, rows(fixture.targets, 2))), 1));
}

const lossOf = {
  mlp:
    (t: number): Evaluate =>
    (parameters, { examples }) => {
      const { value, gradients } = valueAndGradients(
        (weights) => tf.mean(exampleLosses(weights, t, examples)) as Scalar,
        parameters,
      );
      return { loss: value, gradients };
    },
  separable: (): Evaluate => (parameters) =>
    tidy(() => {
      const curvature = tensors(fixture.curvature);
      return {
        loss: tf.scalar(0),
        gradients: mapNamed(parameters, (w, name) => tf.add(tf.mul(curvature[name]!, w), tf.pow(w, 3))),
      };
    }),
};

function contextOf(problem: 'mlp' | 'separable', step: number): StepContext {
  if (problem === 'mlp')
    return { step, batchSize: BATCH, exampleLosses: (parameters) => tidy(() => exampleLosses(parameters, step)) };
  return {
    step,
    hessianVectorProduct: (parameters, vector) =>
      tidy(() => {
        const curvature = tensors(fixture.curvature);
        const product = mapNamed(vector, (v, name) =>
          tf.mul(v, tf.add(curvature[name]!, tf.mul(3, tf.square(parameters[name]!)))),
        );
        return { product, reasons: [] };
      }),
  };
}

function expectClose(actual: Record<string, number[]>, expected: Record<string, number[]>, where: string): void {
  for (const [name, numbers] of Object.entries(expected)) {
    numbers.forEach((number, i) =>
      expect(actual[name]![i], `${where} ${name}[${i}]`).to.be.closeTo(number, 1e-5 * Math.max(0.1, Math.abs(number))),
    );
  }
}

describe('trajectories of the official implementations', () => {
  before(() => loadBackend());
  const trajectories = [...fixture.trajectories, ...read('rules').trajectories];

  for (const {
    config: { evaluated, ...config },
    problem,
    steps,
  } of trajectories) {
    it(`${config.name} ${JSON.stringify(config)}${evaluated ? ', evaluated weights' : ''}`, () => {
      const trainer = createTrainer(config as OptimizerConfigInput, { ...SETTING, totalSteps: STEPS });
      let weights = tensors(fixture.start);
      let state = emptyState;
      for (let t = 0; t < STEPS; t++) {
        const result = trainer.step(lossOf[problem](t), weights, state, contextOf(problem, t));
        disposeNamed(pickNamed(weights, Object.keys(result.parameters)));
        weights = { ...weights, ...result.parameters };
        state = replaceState(state, result.state);
        const expected = steps[t + 1];
        if (!expected) continue;
        const view = evaluated ? trainer.evaluationParameters!(weights, state) : undefined;
        expectClose(values(view ?? weights), expected, `step ${t + 1}:`);
        if (view) disposeNamed(view);
      }
      disposeNamed(weights);
      disposeState(state);
    });
  }

  it('cover every optimizer except the one that observes a validation loss', () => {
    const covered = new Set(trajectories.map(({ config }) => config.name));
    expect(OPTIMIZERS.map(({ name }) => name).filter((name) => !covered.has(name))).to.deep.equal(['swad']);
  });
});
