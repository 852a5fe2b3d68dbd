/**
 * What must hold exactly, whatever the numbers: each method against a closed form, or against another that must agree.
 */
import { expect } from 'chai';
import { emptyState } from '../../src/optimizers/index.js';
import {
  blocksOf,
  createPreconditioner,
  type Curvature,
  dataOf,
  empiricalFisher,
  kronecker,
  layered,
  type PreconditionerConfigInput,
} from '../../src/preconditioners/index.js';
import { toMatrix } from '../../src/preconditioners/layers/data.js';
import { bfgs, dampedPair } from '../../src/preconditioners/layers/k-bfgs.js';
import { squaredGradients } from '../../src/preconditioners/representations/diagonal.js';
import { kroneckerEigenbasis, squaresIn } from '../../src/preconditioners/representations/eigenbasis.js';
import { layerWise } from '../../src/preconditioners/representations/layer.js';
import { traceFactors } from '../../src/preconditioners/representations/trace-kronecker.js';
import { piecesOf } from '../../src/preconditioners/tensors/blocks.js';
import { applyRoot, fitNewton, type KroneckerRoot } from '../../src/preconditioners/tensors/psgd.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { eigh, qr } from '../../src/tensor/linalg/index.js';
import { dotNamed, mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { capturedGradients } from '../../src/tensor/second-order/index.js';
import { tf, tidy, type Scalar, type Tensor, type Tensor2D } from '../../src/tensor/tf.js';
import { distance, gap, images, type Model, normal, perceptron, precondition, type Run } from './models.js';

before(() => loadBackend());

const scaled = (tensors: NamedTensors, factor: number): NamedTensors =>
  mapNamed(tensors, (tensor) => tf.mul(tensor, factor));
const minus = (a: NamedTensors, b: NamedTensors): NamedTensors =>
  mapNamed(a, (tensor, name) => tf.sub(tensor, b[name]!));
const inTidy = (f: () => void) => () => void tidy(f);
const kron = (a: Tensor, b: Tensor): Tensor =>
  tf.reshape(tf.mul(tf.reshape(a, [a.shape[0], 1, a.shape[1]!, 1]), tf.reshape(b, [1, b.shape[0], 1, b.shape[1]!])), [
    a.shape[0] * b.shape[0],
    a.shape[1]! * b.shape[1]!,
  ]);
const trace = (m: Tensor): number => tf.sum(tf.mul(m, tf.eye(m.shape[0]))).dataSync()[0]!;

/**
 * Squared error instead of cross-entropy: half its sum over the outputs, the mean over the examples; its Fisher
 * information is JᵀJ/N.
 */
const squaredError: Curvature = {
  name: 'Gauss-Newton of the squared error',
  passes: 'classes',
  outputGradients: (layers) =>
    Array.from({ length: layers.outputs.shape[1]! }, (_, k) =>
      layers.outputGradients(
        tf.mul(tf.onesLike(layers.outputs), tf.oneHot(tf.scalar(k, 'int32'), layers.outputs.shape[1]!)),
      ),
    ),
};

function regression(model: Model, targets: Tensor): Model {
  return { ...model, loss: (y) => tf.mul(0.5, tf.mean(tf.sum(tf.square(tf.sub(y, targets)), 1))) as Scalar };
}

describe('curvature x representation x solver', () => {
  it(
    'Woodbury on the Gram matrix equals the full matrix, for dense layers and convolutions',
    inTidy(() => {
      for (const model of [perceptron(), images()]) {
        for (const fisher of ['empirical', 'exact'] as const) {
          const full = precondition({ name: 'ngd', shape: 'full', fisher, damping: 0.1 }, model);
          const gram = precondition({ name: 'smw-ng', fisher, damping: 0.1 }, model);
          expect(distance(gram.gradients, full.gradients)).to.be.below(1e-4);
          expect(full.notes).to.deep.equal([]);
        }
      }
    }),
  );

  it(
    'Kronecker factors as rows equal those as matrices, for a batch of few examples and many inputs',
    inTidy(() => {
      const model = perceptron(3, normal([3, 12], 'wide') as Tensor2D);
      const off = { klClip: 1e30, interval: 1, damping: 0.01 };
      const dense = precondition({ name: 'custom', representation: 'kronecker', solver: 'cholesky', ...off }, model);
      for (const rows of [
        { name: 'custom', representation: 'kronecker', solver: 'woodbury', ...off },
        { name: 'skfac', ...off },
        { name: 'kfac', ...off },
        { name: 'kfac', ...off, interval: 10 },
      ] as PreconditionerConfigInput[]) {
        expect(distance(precondition(rows, model).gradients, dense.gradients), rows.name).to.be.below(1e-3);
      }
    }),
  );

  it(
    'the preconditioned gradient from its factors equals that from the gradient itself, at a measurement and between two',
    inTidy(() => {
      const model = perceptron(3, normal([3, 12], 'wide') as Tensor2D);
      const later = { ...model, outputs: perceptron(3, normal([3, 12], 'other') as Tensor2D).outputs };
      for (const config of [
        { name: 'kfac' },
        { name: 'kfac', fisher: 'empirical' },
        { name: 'kfac', decay: 0.5 },
        { name: 'foof' },
        { name: 'skfac' },
        { name: 'eva' },
        { name: 'eva', interval: 10 },
      ] as PreconditionerConfigInput[]) {
        for (const klClip of ['none', 1e-4] as const) {
          const method = createPreconditioner({ ...config, klClip } as PreconditionerConfigInput, {
            stepsPerEpoch: 1,
            totalSteps: 10,
          });
          const first = precondition(method, model);
          const byFactors = precondition(method, later, first.state, model.params, 1);
          const whole = {
            ...method,
            layers: (input: Parameters<NonNullable<typeof method.layers>>[0]) =>
              method.layers!(input) ? {} : undefined,
          };
          const atLook = precondition(whole, model);
          const between = precondition(whole, later, first.state, model.params, 1);
          expect(distance(first.gradients, atLook.gradients), `${JSON.stringify(config)} at a look`).to.be.below(1e-4);
          expect(distance(byFactors.gradients, between.gradients), `${JSON.stringify(config)} later`).to.be.below(1e-4);
          expect(distance(byFactors.gradients, byFactors.raw)).to.be.above(1e-3);
        }
      }
    }),
  );

  it(
    'layer-wise natural gradients of a single example are K-FAC’s',
    inTidy(() => {
      // π and √λ spread λ differently from λ·I, so both without it: least squares of the same rank-one matrix.
      const model = perceptron(1);
      const { layers } = capturedGradients(model, model.params);
      for (const block of blocksOf(layers).blocks) {
        const data = dataOf(block, layers, empiricalFisher.outputGradients(layers, { step: 0 }), model.params, true);
        const [A, B] = Object.values(kronecker({ rows: 'never' }).of(data.block)!.statistics(data)) as [Tensor, Tensor];
        expect(gap(kron(A, B), layerWise({ memory: 1e9 }).of(data.block)!.statistics(data)['layer']!)).to.be.below(
          1e-5,
        );
      }
      layers.dispose();
    }),
  );

  it(
    'Kronecker factors are exact on deep linear networks, whatever the batch',
    inTidy(() => {
      const model = perceptron(6, undefined, (x) => x);
      const { layers } = capturedGradients(model, model.params);
      const passes = squaredError.outputGradients(layers, { step: 0 });
      for (const block of blocksOf(layers).blocks) {
        const data = dataOf(block, layers, passes, model.params);
        const [A, B] = Object.values(kronecker({ rows: 'never' }).of(data.block)!.statistics(data)) as [Tensor, Tensor];
        expect(gap(kron(A, B), layerWise({ memory: 1e9 }).of(data.block)!.statistics(data)['layer']!)).to.be.below(
          1e-5,
        );
      }
      layers.dispose();
    }),
  );

  it(
    'EKFAC and TKFAC keep the trace; EKFAC is closer to the Fisher information than K-FAC',
    inTidy(() => {
      for (const model of [perceptron(), images()]) {
        const { layers } = capturedGradients(model, model.params);
        for (const captured of blocksOf(layers).blocks.filter(({ kind }) => kind === 'matrix')) {
          const data = dataOf(
            captured,
            layers,
            empiricalFisher.outputGradients(layers, { step: 0 }),
            model.params,
            true,
          );
          const fisher = layerWise({ memory: 1e9 }).of(data.block)!.statistics(data)['layer']!;
          const solver = kroneckerEigenbasis().of(data.block)!;
          const { A, B } = solver.statistics(data) as { A: Tensor; B: Tensor };
          const bases = { 'input-basis': eigh(A).vectors, 'output-basis': eigh(B).vectors };
          const scale = squaresIn(bases, data);
          expect(tf.sum(scale).dataSync()[0]).to.be.closeTo(trace(fisher), 1e-4 * trace(fisher));
          const rotation = kron(bases['input-basis'], bases['output-basis']);
          const ekfac = tf.matMul(tf.mul(rotation, tf.reshape(scale, [1, -1])), rotation, false, true);
          const error = (approximation: Tensor): number => tf.norm(tf.sub(fisher, approximation)).dataSync()[0]!;
          const kfac = kron(A, B);
          // Of all diagonals in this basis EKFAC's is the nearest, K-FAC's (times any number) is one of them.
          expect(error(ekfac)).to.be.at.most(error(kfac) + 1e-6);
          if (data.inputs!.shape[1] === 1) {
            const { input, output, delta } = traceFactors(data);
            expect((trace(input) * trace(output)) / delta.dataSync()[0]!).to.be.closeTo(
              trace(fisher),
              1e-4 * trace(fisher),
            );
          }
          expect(tf.sum(squaredGradients(data)).dataSync()[0]).to.be.closeTo(trace(fisher), 1e-4 * trace(fisher));
        }
        layers.dispose();
      }
    }),
  );

  it(
    'Eva is the natural gradient of its rank-one matrix',
    inTidy(() => {
      const model = perceptron();
      const run = precondition({ name: 'eva', damping: 0.1, klClip: 1e30 }, model);
      const { layers } = capturedGradients(model, model.params);
      for (const block of blocksOf(layers).blocks) {
        const data = dataOf(block, layers, empiricalFisher.outputGradients(layers, { step: 0 }), model.params, true);
        const a = tf.mean(tf.reshape(data.inputs!, [-1, data.block.rows]), 0, true);
        const b = tf.mean(tf.reshape(data.outputs[0]!, [-1, data.block.columns]), 0, true);
        const v = tf.reshape(tf.matMul(a, b, true, false), [-1, 1]);
        const matrix = tf.add(tf.matMul(v, v, false, true), tf.mul(0.1, tf.eye(v.size)));
        const back = tf.matMul(matrix, tf.reshape(toMatrix(data.block, run.gradients), [-1, 1]));
        expect(gap(back, toMatrix(data.block, run.raw))).to.be.below(1e-4);
      }
      layers.dispose();
    }),
  );
});

describe('steps with a known result', () => {
  const targets = (): Tensor => normal([6, 3], 'targets');
  const linear = (): Model => {
    const x = normal([6, 4], 'x') as Tensor2D;
    const model = perceptron(6, x);
    return regression(
      { ...model, params: { kernel: normal([4, 3], 'kernel') }, outputs: (p) => tf.matMul(x, p['kernel'] as Tensor2D) },
      targets(),
    );
  };
  const slopeAfter = (run: Run, model: Model): number => {
    const next = minus(model.params, run.gradients);
    const before = Math.sqrt(dotNamed(run.raw, run.raw).dataSync()[0]!);
    const { gradients } = capturedGradients(model, next);
    return Math.sqrt(dotNamed(gradients, gradients).dataSync()[0]!) / before;
  };

  it(
    'natural gradients, Newton and conjugate gradients solve least squares in one step',
    inTidy(() => {
      const model = linear();
      const byLayer = layered({
        name: 'exact',
        curvature: squaredError,
        representation: layerWise({ memory: 1e9 }),
        damping: 1e-7,
        interval: 1,
      });
      const byFactors = layered({
        name: 'exact',
        curvature: squaredError,
        representation: kronecker(),
        damping: 1e-12,
        interval: 1,
      });
      expect(slopeAfter(precondition(byLayer, model), model)).to.be.below(1e-3);
      expect(slopeAfter(precondition(byFactors, model), model)).to.be.below(1e-3);
      expect(slopeAfter(precondition({ name: 'newton', damping: 1e-6, dimensions: 'all' }, model), model)).to.be.below(
        1e-3,
      );
      expect(
        slopeAfter(precondition({ name: 'abs-newton', damping: 1e-6, dimensions: 'all' }, model), model),
      ).to.be.below(1e-3);
      expect(
        slopeAfter(
          precondition({ name: 'hessian-free', damping: 1e-6, iterations: 50, tolerance: 1e-6, adapt: 1 }, model),
          model,
        ),
      ).to.be.below(1e-3);
    }),
  );

  it(
    'CurveBall and L-BFGS solve them in a few steps',
    inTidy(() => {
      for (const config of [
        { name: 'curveball', damping: 1e-6 },
        { name: 'l-bfgs', damping: 1e-6 },
      ] as PreconditionerConfigInput[]) {
        const model = linear();
        let [state, weights] = [emptyState, model.params];
        const lossAt = (at: NamedTensors): number => model.loss(model.outputs(at)).dataSync()[0]!;
        const best = lossAt(
          minus(model.params, precondition({ name: 'newton', damping: 1e-6, dimensions: 'all' }, model).gradients),
        );
        for (let step = 0; step < 40; step++) {
          const run = precondition(config, model, state, weights, step);
          // Before there is a pair L-BFGS is gradient descent.
          weights = minus(weights, step === 0 && config.name === 'l-bfgs' ? scaled(run.gradients, 0.1) : run.gradients);
          state = run.state;
        }
        expect(lossAt(weights) - best, config.name).to.be.below(1e-3 * (lossAt(model.params) - best));
      }
    }),
  );

  it(
    'Newton moves to a saddle point, the absolute Hessian away from it',
    inTidy(() => {
      const params = { w: tf.tensor1d([1, 0.1]) };
      const saddle = {
        ...perceptron(),
        params,
        outputs: (p: NamedTensors) => p['w']!,
        loss: (w: Tensor) => tf.sum(tf.mul(tf.square(w), tf.tensor1d([1, -1]))) as Scalar,
      } as unknown as Model;
      const after = (name: 'newton' | 'abs-newton'): number[] => [
        ...minus(params, precondition({ name, damping: 1e-6, dimensions: 'all' }, saddle).gradients)['w']!.dataSync(),
      ];
      expect(after('newton')[1]).to.be.closeTo(0, 1e-4);
      expect(after('abs-newton')[1]).to.be.closeTo(0.2, 1e-4);
    }),
  );

  it(
    'K-FAC is invariant to an invertible affine map of its inputs',
    inTidy(() => {
      const n = 40;
      const x = normal([n, 3], 'inputs') as Tensor2D;
      const m = tf.add(normal([3, 3], 'map', 0.3), tf.eye(3)) as Tensor2D;
      const shift = normal([1, 3], 'shift');
      const inverse = tf.tensor2d(
        (() => {
          const { q, r } = qr(m);
          // R⁻¹·Qᵀ of a 3x3 matrix by back substitution.
          const [Q, R] = [q, r].map((tensor) => (tensor as Tensor2D).arraySync()) as [number[][], number[][]];
          const result = [
            [0, 0, 0],
            [0, 0, 0],
            [0, 0, 0],
          ];
          for (let c = 0; c < 3; c++)
            for (let i = 2; i >= 0; i--)
              result[i]![c] =
                (Q[c]![i]! - [0, 1, 2].filter((k) => k > i).reduce((sum, k) => sum + R[i]![k]! * result[k]![c]!, 0)) /
                R[i]![i]!;
          return result;
        })(),
      );
      const targets = normal([n, 3], 'wanted');
      const plain = regression(perceptron(n, x), targets);
      const mapped = regression(perceptron(n, tf.add(tf.matMul(x, m), shift) as Tensor2D), targets);
      // x·W + b = (x·M + s)·M⁻¹·W + (b − s·M⁻¹·W).
      const kernel = tf.matMul(inverse, plain.params['a/kernel'] as Tensor2D);
      const params = {
        ...plain.params,
        'a/kernel': kernel,
        'a/bias': tf.sub(plain.params['a/bias']!, tf.squeeze(tf.matMul(shift as Tensor2D, kernel), [0])),
      };
      const config = layered({
        name: 'exact',
        curvature: squaredError,
        representation: kronecker({ rows: 'never' }),
        damping: 1e-12,
        interval: 1,
      });
      const after = (model: Model, at: NamedTensors, rate: number): Tensor =>
        model.outputs(minus(at, scaled(precondition(config, model, emptyState, at).gradients, rate)));
      const rate = 0.1;
      const [start, first] = [plain.outputs(plain.params), after(plain, plain.params, rate)];
      expect(gap(mapped.outputs(params), start)).to.be.below(1e-5);
      const [step, other] = [tf.sub(first, start), tf.sub(after(mapped, params, rate), start)];
      expect(gap(other, step)).to.be.below(0.02);
      // Gradient descent does see it.
      const gradientStep = (model: Model, at: NamedTensors): Tensor =>
        tf.sub(model.outputs(minus(at, scaled(capturedGradients(model, at).gradients, rate))), start);
      expect(gap(gradientStep(mapped, params), gradientStep(plain, plain.params))).to.be.above(0.1);
    }),
  );
});

describe('learned preconditioners', () => {
  it(
    'PSGD converges to the inverse of the Hessian',
    inTidy(() => {
      const spd = (n: number, name: string): Tensor => {
        const a = normal([n, n], name);
        return tf.add(tf.div(tf.matMul(a, a, false, true), n), tf.mul(0.2, tf.eye(n)));
      };
      const [left, right] = [spd(3, 'left'), spd(4, 'right')];
      const hessianTimes = (x: Tensor): Tensor => tf.matMul(tf.matMul(left, x), right);
      const error = (root: KroneckerRoot): number => {
        const basis = tf.unstack(tf.reshape(tf.eye(12), [12, 3, 4]));
        return Math.sqrt(
          basis.reduce(
            (sum, e) => sum + tf.sum(tf.square(tf.sub(applyRoot(root, hessianTimes(e)), e))).dataSync()[0]!,
            0,
          ) / 12,
        );
      };
      let root: KroneckerRoot = { left: tf.eye(3), right: tf.eye(4) };
      for (let step = 0; step < 1200; step++) {
        root = tf.tidy(() => {
          const dx = normal([3, 4], `probe ${step}`);
          return fitNewton(root, dx, hessianTimes(dx), 0.1 * 0.995 ** step) as never;
        });
      }
      expect(error(root)).to.be.below(0.02);
    }),
  );

  it(
    'BFGS satisfies the secant equation, and stays symmetric and positive definite',
    inTidy(() => {
      let h: Tensor = tf.eye(4);
      for (let k = 0; k < 5; k++) {
        const s = normal([4, 1], `s${k}`);
        const pair = dampedPair(h, s, tf.add(tf.mul(2, s), normal([4, 1], `y${k}`, 0.5)), 0.2, 0.01);
        expect(pair.isCurved.dataSync()[0]).to.equal(1);
        h = bfgs(h, pair.s, pair.y);
        expect(gap(tf.matMul(h, pair.y), pair.s)).to.be.below(1e-3);
        expect(gap(tf.transpose(h), h)).to.be.below(1e-5);
        expect(Math.min(...eigh(h).values.dataSync())).to.be.above(0);
      }
    }),
  );

  it(
    'K-BFGS changes both inverses with every pair',
    inTidy(() => {
      const model = perceptron();
      let [state, weights] = [emptyState, model.params];
      const seen = new Set<string>();
      for (let step = 0; step < 4; step++) {
        const run = precondition({ name: 'k-bfgs', interval: 1 }, model, state, weights, step);
        weights = minus(weights, scaled(run.gradients, 0.1));
        state = run.state;
        // The first layer's inputs are the same every time, and so is the inverse of their factor.
        for (const [side, layer] of [
          ['input', 'b'],
          ['output', 'a'],
        ])
          seen.add(
            `${side} ${tf.sum(state.tensors[`k-bfgs/${side}-inverse/${layer}/kernel`] ?? tf.scalar(0)).dataSync()[0]!}`,
          );
        if (step === 3) expect(run.metrics['bfgsUpdates']).to.equal(6);
      }
      expect(seen.size).to.equal(8);
    }),
  );

  it(
    'K-BFGS learns from the changes of a layer’s outputs and output gradients on the current batch',
    inTidy(() => {
      const model = perceptron();
      const config = { name: 'k-bfgs', interval: 1, decay: 0 } as const;
      const first = precondition(config, model);
      const weights = minus(model.params, scaled(first.gradients, 0.1));
      const { state } = precondition(config, model, first.state, weights, 1);
      const [then, now] = [model.outputs(model.params), model.outputs(weights)];
      const residual = (logits: Tensor): Tensor =>
        tf.sub(tf.softmax(logits), tf.oneHot(model.labels as tf.Tensor1D, 3));
      expect(gap(state.tensors['k-bfgs/s/b/kernel']!, tf.sub(tf.mean(now, 0), tf.mean(then, 0)))).to.be.below(1e-4);
      expect(
        gap(state.tensors['k-bfgs/y/b/kernel']!, tf.sub(tf.mean(residual(now), 0), tf.mean(residual(then), 0))),
      ).to.be.below(1e-4);
    }),
  );

  for (const [grafting, length] of [
    ['sgd', (g: readonly number[]) => g.at(-1)!],
    ['adagrad', (g: readonly number[]) => g.at(-1)! / Math.sqrt(g.reduce((sum, x) => sum + x * x, 0))],
    [
      'adam',
      (g: readonly number[]) => {
        const mean = g.reduce((v, x) => 0.999 * v + 0.001 * x * x, 0) / (1 - 0.999 ** g.length);
        return g.at(-1)! / Math.sqrt(mean);
      },
    ],
  ] as const)
    it(
      `Shampoo grafted to ${grafting} has its length in every block`,
      inTidy(() => {
        const model = { ...perceptron(), params: { w: normal([4, 5], 'w') } } as unknown as Model;
        const gradients = [0, 1, 2].map((k) => normal([4, 5], `graft${k}`));
        let state = emptyState;
        gradients.forEach((gradient, step) => {
          const run = precondition(
            { name: 'shampoo', grafting, interval: 1, blockSize: 3 },
            {
              ...model,
              outputs: (p: NamedTensors) => p['w']!,
              loss: (w: Tensor) => tf.sum(tf.mul(w, gradient)),
            } as unknown as Model,
            state,
            model.params,
            step,
          );
          state = run.state;
          expect(state.counts['shampoo/raised'] ?? 0, 'dampings raised').to.equal(0);
          const seen = gradients.slice(0, step + 1).map((g) => [...g.dataSync()]);
          const update = [...run.gradients['w']!.dataSync()];
          for (const {
            begin: [top, left],
            size: [height, width],
          } of piecesOf([4, 5], 3)) {
            const places = Array.from(
              { length: height * width },
              (_, i) => 5 * (top + Math.floor(i / width)) + left + (i % width),
            );
            const norm = (value: (place: number) => number): number => Math.hypot(...places.map(value));
            const expected = norm((place) => length(seen.map((g) => g[place]!)));
            expect(norm((place) => update[place]!) / expected, `step ${step}, block at ${top}, ${left}`).to.be.closeTo(
              1,
              1e-3,
            );
          }
        });
      }),
    );

  it(
    'Shampoo of a vector is full-matrix AdaGrad',
    inTidy(() => {
      const model = {
        ...perceptron(),
        params: { w: normal([5], 'w') },
        outputs: (p: NamedTensors) => p['w']!,
      } as unknown as Model;
      const gradients = [normal([5], 'g0'), normal([5], 'g1'), normal([5], 'g2')];
      let state = emptyState;
      let last: Run | undefined;
      gradients.forEach((g, step) => {
        const at = { ...model, loss: (w: Tensor) => tf.sum(tf.mul(w, g)) as Scalar };
        last = precondition(
          { name: 'shampoo', decay: 1, interval: 1, grafting: 'none', damping: 1e-6 },
          at,
          state,
          model.params,
          step,
        );
        state = last.state;
      });
      const sum = tf.addN(gradients.map((g) => tf.matMul(tf.reshape(g, [-1, 1]), tf.reshape(g, [1, -1]))));
      const ridge = 1e-6 * Math.max(...tf.sum(tf.mul(sum, tf.eye(5)), 1).dataSync());
      const { values, vectors } = eigh(tf.add(sum, tf.mul(ridge, tf.eye(5))));
      const root = tf.matMul(tf.mul(vectors, tf.rsqrt(values)), vectors, false, true);
      expect(gap(last!.gradients['w']!, tf.matMul(root, tf.reshape(gradients[2]!, [-1, 1])))).to.be.below(1e-3);
    }),
  );
});

const LIMITS: readonly PreconditionerConfigInput[] = [
  { name: 'ngd', shape: 'full' },
  { name: 'ngd', shape: 'layer' },
  { name: 'ngd', shape: 'unit' },
  { name: 'ngd', shape: 'diagonal' },
  { name: 'kfac' },
  { name: 'kfac', split: 'even' },
  { name: 'ekfac' },
  { name: 'tkfac' },
  { name: 'foof' },
  { name: 'skfac' },
  { name: 'eva' },
  { name: 'smw-ng' },
  { name: 'seng' },
  { name: 'custom', curvature: 'empirical', representation: 'gram' },
  { name: 'm-fac' },
  { name: 'newton' },
  { name: 'abs-newton' },
  { name: 'hessian-free', adapt: 1 },
  { name: 'adahessian' },
];

describe('every damped method', () => {
  for (const config of LIMITS) {
    const label = JSON.stringify(config);
    const layerwise = !['smw-ng', 'm-fac', 'newton', 'abs-newton', 'hessian-free', 'adahessian'].includes(config.name);
    it(
      `is the gradient over the damping if that is large: ${label}`,
      inTidy(() => {
        const lambda = 1e7;
        const run = precondition(
          { ...config, damping: lambda, ...(layerwise && { klClip: 1e30 }) } as PreconditionerConfigInput,
          perceptron(),
        );
        expect(distance(scaled(run.gradients, lambda), run.raw)).to.be.below(0.01);
      }),
    );
  }

  for (const config of [
    ...LIMITS,
    { name: 'ingd' },
    { name: 'shampoo' },
    { name: 'soap' },
    { name: 'psgd' },
    { name: 'psgd', criterion: 'newton' },
    { name: 'psgd', shape: 'diagonal' },
    { name: 'k-bfgs' },
    { name: 'l-bfgs' },
    { name: 'curveball' },
    { name: 'muon' },
  ] as PreconditionerConfigInput[]) {
    // Newton's matrix may be indefinite.
    if (config.name === 'newton') continue;
    it(
      `is a descent direction other than the gradient itself: ${JSON.stringify(config)}`,
      inTidy(() => {
        const model = perceptron();
        const first = precondition(config, model);
        // SOAP's first update leaves the parameters where they are.
        const step = { ...mapNamed(model.params, tf.zerosLike), ...first.gradients };
        const second = precondition(config, model, first.state, minus(model.params, scaled(step, 1e-3)), 1);
        expect(dotNamed(second.gradients, second.raw).dataSync()[0]).to.be.above(0);
        if (config.name === 'l-bfgs') return;
        const [length, raw] = [second.gradients, second.raw].map((tensors) =>
          Math.sqrt(dotNamed(tensors, tensors).dataSync()[0]!),
        ) as [number, number];
        expect(distance(scaled(second.gradients, raw / length), second.raw)).to.be.above(1e-3);
      }),
    );
  }
});
