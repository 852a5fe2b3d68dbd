/** Optimizers with a second gradient: identities, and what happens when one is not a number. */
import { expect } from 'chai';
import {
  chain,
  createTrainer,
  emptyState,
  type Evaluate,
  type OptimizerConfigInput,
  type StepContext,
  tracer,
  replaceState,
  constant,
  scaleByLearningRate,
  type Trainer,
} from '../../src/optimizers/index.js';
import { valueAndGradients } from '../../src/tensor/autodiff.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { batchNorm } from '../../src/tensor/nn.js';
import { stream } from '../../src/tensor/rng.js';
import { hessianOperator } from '../../src/tensor/second-order/index.js';
import { tf, tidy, type Scalar, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import { placesOf } from '../../src/chain/loss.js';
import { disposeState, SETTING, values } from './problems.js';

const normals = (shape: number[], ...name: (string | number)[]): tf.Tensor => {
  const { normal } = stream(4, ...name);
  return tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal), shape);
};

/** A net with batch normalization and dropout whose masks depend on the step alone. */
function network() {
  const start = (): NamedTensors =>
    tidy(() => ({
      'a/kernel': tf.mul(normals([6, 8], 'a'), 0.4),
      'a/scale': tf.ones([8]),
      'a/offset': tf.zeros([8]),
      'b/kernel': tf.mul(normals([8, 3], 'b'), 0.4),
      'b/bias': tf.zeros([3]),
    }));
  const batches = 4;
  const inputs = Array.from({ length: batches }, (_, i) => normals([12, 6], 'x', i) as Tensor2D);
  const targets = Array.from({ length: batches }, (_, i) => normals([12, 3], 'y', i) as Tensor2D);
  const recorded: number[][] = [];
  const at =
    (t: number): Evaluate =>
    (parameters, { record, examples }) => {
      const choose = (x: Tensor2D): Tensor2D => (examples ? tf.gather(x, placesOf(examples)) : x);
      const { value, gradients } = valueAndGradients((w) => {
        const { y, mean } = batchNorm(
          tf.matMul(choose(inputs[t % batches]!), w['a/kernel'] as Tensor2D) as Tensor2D,
          w['a/scale'] as Tensor1D,
          w['a/offset'] as Tensor1D,
        );
        if (record) recorded.push([...mean.dataSync()]);
        const { uniform } = stream(9, 'mask', t);
        const mask = tf.tensor2d(
          Float32Array.from({ length: y.size }, () => (uniform() < 0.8 ? 1.25 : 0)),
          y.shape,
        );
        const output = tf.add(tf.matMul(tf.mul(tf.tanh(y), mask) as Tensor2D, w['b/kernel'] as Tensor2D), w['b/bias']!);
        return tf.mean(tf.square(tf.sub(output, choose(targets[t % batches]!)))) as Scalar;
      }, parameters);
      return { loss: value, gradients };
    };
  return { start, at, recorded, dispose: () => tf.dispose([inputs, targets]) };
}

function train(
  trainer: Trainer,
  steps: number,
  context: (step: number) => StepContext = (step) => ({ step, batchSize: 12 }),
) {
  const net = network();
  let weights = net.start();
  let state = emptyState;
  for (let t = 0; t < steps; t++) {
    const result = trainer.step(net.at(t), weights, state, context(t));
    disposeNamed(weights);
    weights = result.parameters;
    state = replaceState(state, result.state);
  }
  const view = trainer.evaluationParameters?.(weights, state);
  const result = { weights: values(weights), evaluated: view && values(view), recorded: net.recorded };
  if (view) disposeNamed(view);
  disposeNamed(weights);
  disposeState(state);
  net.dispose();
  return result;
}

const trainerOf = (config: object): Trainer =>
  createTrainer(config as OptimizerConfigInput, { ...SETTING, totalSteps: 20 });

describe('refined gradients', () => {
  before(() => loadBackend());

  const base = { name: 'nesterov', learningRate: 0.1, weightDecay: 1e-3, clipNorm: 1 };
  const withoutStrength = [
    { name: 'sam', rho: 0 },
    { name: 'asam', rho: 0 },
    { name: 'fisher-sam', rho: 0 },
    { name: 'gsam', rho: 0, alpha: 0 },
    { name: 'looksam', rho: 0, every: 3 },
    { name: 'f-sam', rho: 0 },
    { name: 'wsam', rho: 0 },
    { name: 'wsam', rho: 0, decoupled: false },
    { name: 'wsam', gamma: 0 },
    { name: 'esam', rho: 0, beta: 1, gamma: 1 },
    { name: 'sgd-tracer', rho: 0, settle: 2 },
  ];
  let plain: ReturnType<typeof train>;
  before(() => {
    plain = train(trainerOf(base), 20);
  });
  for (const config of withoutStrength) {
    it(`${JSON.stringify(config)} equals its base bit for bit, including batch statistics, with normalization and dropout`, () => {
      expect(train(trainerOf({ ...config, base }), 20)).to.deep.equal(plain);
    });
  }

  it('averages do not affect training; without memory they are the weights', () => {
    for (const config of [
      { name: 'ema', decay: 0, warmUp: false },
      { name: 'ema' },
      { name: 'swa' },
      { name: 'swad' },
      { name: 'lawa', last: 1, every: 0.5 },
      { name: 'lookahead', alpha: 1 },
    ]) {
      const { weights, evaluated, recorded } = train(trainerOf({ ...config, base }), 20);
      expect({ weights, recorded }, config.name).to.deep.equal({ weights: plain.weights, recorded: plain.recorded });
      if (config.name === 'lawa' || 'decay' in config) expect(evaluated, config.name).to.deep.equal(weights);
    }
  });

  it('one SAM step on a quadratic of curvature h is w - eta h (w + rho sign w)', () => {
    const [h, rho, eta] = [3, 0.25, 0.1];
    const evaluate: Evaluate = ({ w }) =>
      tidy(() => ({ loss: tf.mul(h / 2, tf.square(w!)) as Scalar, gradients: { w: tf.mul(h, w!) } }));
    for (const w of [0.7, -1.3]) {
      const start = { w: tf.scalar(w) };
      const { parameters, state, gradientEvaluations } = trainerOf({
        name: 'sam',
        rho,
        base: { name: 'sgd', learningRate: eta },
      }).step(evaluate, start, emptyState, { step: 0 });
      expect(parameters['w']!.dataSync()[0]).to.be.closeTo(w - eta * h * (w + rho * Math.sign(w)), 1e-6);
      expect(gradientEvaluations).to.equal(2);
      disposeNamed(parameters);
      disposeNamed(start);
      disposeState(state);
    }
  });

  it('a gradient that is not a number, in the first or the second pass, skips the step and counts it', () => {
    const start = { w: tf.tensor1d([1, 2]) };
    for (const badPass of [1, 2]) {
      let pass = 0;
      const evaluate: Evaluate = ({ w }) => {
        pass += 1;
        return tidy(() => ({
          loss: tf.scalar(1.5),
          gradients: { w: pass === badPass ? tf.tensor1d([1, NaN]) : tf.clone(w!) },
        }));
      };
      const trainer = trainerOf({ name: 'ema', base: { name: 'f-sam', base: { name: 'adamw' } } });
      const before = tf.memory().numTensors;
      const { parameters, state, loss, metrics, gradientEvaluations } = trainer.step(evaluate, start, emptyState, {
        step: 0,
      });
      expect(parameters).to.deep.equal({});
      expect(state).to.deep.equal({ tensors: {}, counts: { 'f-sam/skipped': 1 } });
      expect({ loss, skipped: metrics['skipped'], gradientEvaluations }).to.deep.equal({
        loss: 1.5,
        skipped: 1,
        gradientEvaluations: badPass,
      });
      expect(tf.memory().numTensors).to.equal(before);
      pass = 2;
      const next = trainer.step(evaluate, start, state, { step: 1 });
      expect(next.metrics['skipped']).to.equal(0);
      expect(Object.keys(next.parameters)).to.deep.equal(['w']);
      disposeNamed(next.parameters);
      disposeState(next.state);
    }
    disposeNamed(start);
  });

  it('curvature of a loss whose kernels have no verified second derivative is taken by differences of gradients', () => {
    const loss = ({ w }: NamedTensors): Scalar => tf.sum(tf.square(tf.sub(tf.erf(w!), 2)));
    const start = { w: tf.tensor1d([0.3, -0.6, 1.1]) };
    expect(() => hessianOperator(loss, start)).to.throw(/no verified second derivative of 'Erf'/);
    const evaluate: Evaluate = (parameters) => {
      const { value, gradients } = valueAndGradients(loss, parameters);
      return { loss: value, gradients };
    };
    const before = tf.memory().numTensors;
    const { parameters, state, gradientEvaluations } = trainerOf({
      name: 'adahessian',
      learningRate: 0.1,
      schedule: { name: 'constant' },
    }).step(evaluate, start, emptyState, { step: 0, seed: 1 });
    expect(gradientEvaluations).to.equal(3);
    // The first step is that of Newton with |h|: erf' = 2/sqrt(pi) e^(-w^2), erf'' = -2 w erf'.
    const erf = [0.3286267594591274, -0.6038560908479259, 0.8802050695740817];
    [0.3, -0.6, 1.1].forEach((w, i) => {
      const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-w * w);
      const [gradient, curvature] = [2 * (erf[i]! - 2) * slope, 2 * slope * slope - 4 * w * slope * (erf[i]! - 2)];
      expect(parameters['w']!.dataSync()[i]).to.be.closeTo(w - (0.1 * gradient) / (Math.abs(curvature) + 1e-4), 2e-3);
    });
    disposeNamed(parameters);
    disposeState(state);
    expect(tf.memory().numTensors).to.equal(before);
    disposeNamed(start);
  });

  it('shards need a loss that can be evaluated on a part of the batch', () => {
    const net = network();
    const weights = net.start();
    const trainer = trainerOf({ name: 'sam', shards: 4, base });
    expect(() => trainer.step(net.at(0), weights, emptyState, { step: 0 })).to.throw('part of the batch');
    const before = tf.memory().numTensors;
    const { parameters, state, gradientEvaluations } = trainer.step(net.at(0), weights, emptyState, {
      step: 0,
      batchSize: 12,
    });
    expect(gradientEvaluations).to.be.closeTo(2, 1e-12);
    disposeNamed(parameters);
    disposeState(state);
    expect(tf.memory().numTensors).to.equal(before);
    disposeNamed(weights);
    net.dispose();
  });

  describe('tracer', () => {
    const descent = scaleByLearningRate(constant(1));
    const loss = (w: NamedTensors): Scalar =>
      tf.mean(
        tf.square(
          tf.sub(
            tf.matMul(
              tf.tanh(tf.matMul(normals([10, 4], 'in') as Tensor2D, w['a'] as Tensor2D)) as Tensor2D,
              w['b'] as Tensor2D,
            ),
            normals([10, 2], 'out'),
          ),
        ),
      );
    const evaluate: Evaluate = (parameters) => {
      const { value, gradients } = valueAndGradients(loss, parameters);
      return { loss: value, gradients };
    };
    const weights = (): NamedTensors =>
      tidy(() => ({ a: tf.mul(normals([4, 5], 'wa'), 0.5), b: tf.mul(normals([5, 2], 'wb'), 0.5) }));

    /** What one step of size 1 subtracts: the refined gradient. */
    function refinedGradient(options: Parameters<typeof tracer>[0]): Record<string, number[]> {
      const start = weights();
      const { parameters, state } = chain(tracer({ settle: 0, ...options }), descent).step(
        evaluate,
        start,
        emptyState,
        { step: 0 },
      );
      const difference = mapNamed(start, (w, name) => tf.sub(w, parameters[name]!));
      const result = values(difference);
      for (const tensors of [start, parameters, difference]) disposeNamed(tensors);
      disposeState(state);
      return result;
    }

    /** Loss, gradient g, v = g/(g² + delta) and its norm; the caller disposes them. */
    function naturalGradient(at: NamedTensors, delta: number) {
      const { loss: value, gradients } = evaluate(at, { record: false });
      const v = mapNamed(gradients, (g) => tf.div(g, tf.add(tf.square(g), delta)));
      return { value, gradients, v, norm: Math.hypot(...Object.values(values(v)).flat()) };
    }

    it('adds 2 rho H v for v = g/(f + delta), to 1e-3', () => {
      const [rho, delta, small] = [0.5, 0.05, 1e-2];
      const plain = weights();
      const { value, gradients, v, norm } = naturalGradient(plain, delta);
      const [ahead, behind] = [small, -small].map((r) => {
        const moved = mapNamed(plain, (w, name) => tf.add(w, tf.mul(v[name]!, r / norm)));
        const found = evaluate(moved, { record: false });
        const result = values(found.gradients);
        disposeNamed(moved);
        disposeNamed(found.gradients);
        found.loss.dispose();
        return result;
      });
      const expected = values(gradients);
      const actual = refinedGradient({ rho, delta, radius: 1e-3 });
      let [error, size] = [0, 0];
      for (const [name, list] of Object.entries(expected)) {
        list.forEach((g, i) => {
          const term = (2 * rho * norm * (ahead![name]![i]! - behind![name]![i]!)) / (2 * small);
          error += (actual[name]![i]! - g - term) ** 2;
          size += term ** 2;
        });
      }
      expect(Math.sqrt(error / size)).to.be.below(1e-3);
      disposeNamed(plain);
      disposeNamed(gradients);
      disposeNamed(v);
      value.dispose();
    });

    it('with r = 2 rho |v| it is the gradient at w + 2 rho v: un-normalized SAM along the natural gradient', () => {
      const [rho, delta] = [0.02, 0.1];
      const plain = weights();
      const { value, gradients, v, norm } = naturalGradient(plain, delta);
      const moved = mapNamed(plain, (w, name) => tf.add(w, tf.mul(v[name]!, 2 * rho)));
      const there = evaluate(moved, { record: false });
      const expected = values(there.gradients);
      const actual = refinedGradient({ rho, delta, radius: 2 * rho * norm });
      for (const [name, list] of Object.entries(expected))
        list.forEach((number, i) => expect(actual[name]![i]).to.be.closeTo(number, 1e-6));
      for (const tensors of [plain, gradients, v, moved, there.gradients]) disposeNamed(tensors);
      tf.dispose([value, there.loss]);
    });

    it('with an enormous damping it is SAM', () => {
      // v = g/delta: the direction of the plain gradient, and 2 rho |v| = r.
      const delta = 1e6;
      const start = weights();
      const { loss: value, gradients } = evaluate(start, { record: false });
      const norm = Math.sqrt(
        Object.values(values(gradients))
          .flat()
          .reduce((sum, x) => sum + x * x, 0),
      );
      const radius = 0.1;
      const actual = refinedGradient({ rho: (radius * delta) / (2 * norm), delta, radius });
      const moved = mapNamed(start, (w, name) => tf.add(w, tf.mul(gradients[name]!, radius / norm)));
      const there = evaluate(moved, { record: false });
      const expected = values(there.gradients);
      for (const [name, list] of Object.entries(expected))
        list.forEach((number, i) => expect(actual[name]![i]).to.be.closeTo(number, 1e-6));
      for (const tensors of [start, gradients, moved, there.gradients]) disposeNamed(tensors);
      tf.dispose([value, there.loss]);
    });

    it('stays finite where the gradient is zero, for any damping', () => {
      const flat: Evaluate = (parameters) => ({ loss: tf.scalar(0), gradients: mapNamed(parameters, tf.zerosLike) });
      for (const delta of [1e-8, 1e-4, 1, 1e4]) {
        const start = weights();
        const { parameters, state } = chain(tracer({ settle: 0, delta }), descent).step(flat, start, emptyState, {
          step: 0,
        });
        expect(values(parameters)).to.deep.equal(values(start));
        disposeNamed(start);
        disposeNamed(parameters);
        disposeState(state);
      }
    });
  });
});
