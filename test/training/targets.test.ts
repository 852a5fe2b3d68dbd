/** Losses, Fisher information and evaluation where labels are numbers to predict, against closed forms. */
import { expect } from 'chai';
import { fisherInformation } from '../../src/curvature/index.js';
import { stream } from '../../src/tensor/rng.js';
import { exactFisher, empiricalFisher, sampledFisher } from '../../src/preconditioners/curvatures/fisher.js';
import { capturedGradients, hvp } from '../../src/tensor/second-order/index.js';
import { squaredErrors } from '../../src/tensor/squared-error.js';
import { nn, type Scalar, tf, type Tensor } from '../../src/index.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { type NamedTensors } from '../../src/tensor/named.js';
import { labelLosses } from '../../src/training/cross-entropy.js';
import { distilled } from '../../src/training/distill.js';
import { gaussNewtonProduct } from '../tensor/second-order/networks.js';

const [N, I, K] = [5, 3, 2];

describe('regression targets', () => {
  before(() => loadBackend('cpu'));
  const rng = stream('targets');
  const random = (...shape: number[]): Tensor =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
      shape,
    );
  let x: Tensor, targets: Tensor, parameters: NamedTensors;
  const outputs = (p: NamedTensors): Tensor => nn.dense(x as never, p['kernel'] as never, p['bias'] as never);
  beforeEach(() => {
    [x, targets, parameters] = [random(N, I), random(N, K), { kernel: random(I, K), bias: random(K) }];
  });
  afterEach(() => tf.dispose([x, targets, ...Object.values(parameters)]));

  it('the loss of an example is the mean of its squared errors, and classes keep their cross-entropy', () => {
    const [y, t] = [
      tf.tensor2d([
        [1, 2],
        [0, 0],
      ]),
      tf.tensor2d([
        [0, 4],
        [3, 1],
      ]),
    ];
    expect([...labelLosses(y, t).dataSync()]).to.deep.equal([2.5, 5]);
    expect([...labelLosses(y, tf.tensor1d([0, 1], 'int32')).dataSync()][1]).to.be.closeTo(Math.log(2), 1e-6);
    expect(() => labelLosses(y, t, 0.1)).to.throw(/labels are smoothed over classes, but/);
    expect(() => squaredErrors(y, tf.tensor2d([[1], [2]]))).to.throw(/outputs \[2,2\] for targets \[2,1\]/);
  });

  it('a student learns the outputs of its teacher, and no gradient flows into it', () => {
    const [teacher, student] = [random(N, K), random(N, K)];
    const loss = distilled('kl', teacher, student, targets).dataSync()[0];
    expect(loss).to.be.closeTo(tf.mean(tf.squaredDifference(teacher, student)).dataSync()[0]!, 1e-6);
  });

  it('the exact Fisher information is the Gauss-Newton matrix of the mean loss, here its Hessian', () => {
    const cut = { outputs, loss: (y: Tensor) => tf.mean(squaredErrors(y, targets)) as Scalar };
    const direction = { kernel: random(I, K), bias: random(K) };
    const { product } = gaussNewtonProduct(cut, parameters, direction);
    const hessian = hvp((p) => cut.loss(outputs(p)), parameters, direction).product;
    const { layers } = capturedGradients(cut, parameters);
    const passes = exactFisher.outputGradients(layers, { step: 0, likelihood: 'gaussian' });
    // (1/N) Σ over examples and passes of g gᵀ direction, with the gradient of a dense layer a gᵀ.
    const a = tf.concat([x, tf.ones([N, 1])], 1);
    const way = tf.concat([direction.kernel, tf.reshape(direction.bias, [1, K])], 0);
    const along = passes.map(([g]) => tf.sum(tf.mul(tf.matMul(a as never, way as never), g!), 1));
    const fisher = tf.div(
      tf.addN(passes.map(([g], i) => tf.matMul(a as never, tf.mul(g!, tf.reshape(along[i]!, [N, 1])), true, false))),
      N,
    );
    for (const expected of [product, hessian]) {
      const whole = tf.concat([expected['kernel']!, tf.reshape(expected['bias']!, [1, K])], 0);
      expect(tf.max(tf.abs(tf.sub(whole, fisher))).dataSync()[0]).to.be.below(1e-5);
    }
    layers.dispose();
  });

  it('drawn labels have the exact Fisher information for expectation, and the empirical one is that of the data', () => {
    const cut = { outputs, loss: (y: Tensor) => tf.mean(squaredErrors(y, targets)) as Scalar };
    const { layers } = capturedGradients(cut, parameters);
    const squares = (passes: Tensor[][]): number =>
      passes.reduce((sum, [g]) => sum + tf.sum(tf.square(g!)).dataSync()[0]! / N, 0);
    const context = { step: 0, seed: 1, likelihood: 'gaussian' as const };
    // The Hessian of the loss in K outputs is 2/K times the identity: its trace is 2.
    expect(squares(exactFisher.outputGradients(layers, context))).to.be.closeTo(2, 1e-5);
    expect(squares(sampledFisher(2000).outputGradients(layers, context))).to.be.closeTo(2, 0.05);
    const slope = tf.mul(tf.sub(outputs(parameters), targets), 2 / K);
    expect(squares(empiricalFisher.outputGradients(layers, context))).to.be.closeTo(
      tf.sum(tf.square(slope)).dataSync()[0]! / N,
      1e-4,
    );
    layers.dispose();
  });

  it('the diagonal: with targets drawn from the model it is that of the Gauss-Newton matrix', () => {
    const draws = 400;
    const sum = { kernel: 0, bias: 0 };
    for (let draw = 0; draw < draws; draw++) {
      const { fisher } = fisherInformation(outputs, parameters, targets, {
        kind: 'true-sample',
        rng: stream('draw', draw),
      });
      for (const name of ['kernel', 'bias'] as const) sum[name] += tf.sum(fisher[name]!).dataSync()[0]! / draws;
      tf.dispose(Object.values(fisher));
    }
    expect(sum.bias).to.be.closeTo(2, 0.1);
    const inputs = tf.sum(tf.square(x)).dataSync()[0]! / N;
    expect(sum.kernel / (2 * inputs)).to.be.closeTo(1, 0.05);
  });
});
