/** Sharpness of losses whose Hessian is known, and of networks against their whole Hessian. */
import { expect } from 'chai';
import {
  denseMatrix,
  filterNormalizedDirection,
  flatten,
  hessian,
  lossLine,
  lossPlane,
  measureSharpness,
  operatorOnVectors,
  scaledByWeights,
  sharpnessRise,
  topEigenvalue,
  topOfHessian,
} from '../../src/curvature/index.js';
import { WeftError } from '../../src/errors.js';
import { gradientsOf } from '../../src/tensor/autodiff.js';
import { disposeNamed, mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { eigh } from '../../src/tensor/linalg/index.js';
import { centralDifference, RADIUS } from '../../src/tensor/second-order/difference.js';
import { dense } from '../../src/tensor/nn.js';
import { stream } from '../../src/tensor/rng.js';
import { tf, tidy, type Scalar, type Tensor1D, type Tensor2D } from '../../src/tensor/tf.js';
import { loads, NATIVE } from '../tensor/backends.js';
import { meanLoss, network } from '../tensor/second-order/networks.js';

const CURVATURES = [9, 4, 1, -2];

/** ½Σ hᵢwᵢ² */
const quadratic = ({ w }: NamedTensors): Scalar => tf.mul(0.5, tf.sum(tf.mul(tf.tensor1d(CURVATURES), tf.square(w!))));

const relative = (value: number, exact: number): number => Math.abs(value - exact) / Math.abs(exact);

const normals = (shape: number[], ...name: (string | number)[]): tf.Tensor => {
  const { normal } = stream(6, ...name);
  return tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, normal), shape);
};

describe('sharpness', () => {
  before(async function () {
    if (!(await loads(NATIVE))) await loads('cpu');
  });

  it('of a quadratic matches its formula', () => {
    const params = { w: tf.tensor1d([0.5, -1, 2, 0.25]) };
    const before = tf.memory().numTensors;
    const gradient = [4.5, -4, 2, -0.5];
    const norm = Math.hypot(...gradient);
    const measured = measureSharpness(quadratic, params, {
      ends: 2,
      rho: 0.1,
      density: { probes: 2 },
      trace: { samples: 1 },
    });
    const close = (values: readonly { value: number }[], expected: number[]): void =>
      values.forEach(({ value }, i) => expect(value).to.be.closeTo(expected[i]!, 1e-4));
    close(measured.top, [9, 4]);
    close(measured.bottom, [-2, 1]);
    // |w| H |w|: 9/4, 4, 4, -2/16.
    expect(measured.scaleFree.value).to.be.closeTo(4, 1e-4);
    expect(measured).to.include({ parameters: 4, method: 'exact' });
    expect(measured.trace.trace).to.be.closeTo(12, 1e-4);
    expect(measured.gradientNorm).to.be.closeTo(norm, 1e-5);
    expect(measured.alignment.gradient).to.be.closeTo(4.5 / norm, 1e-4);
    const perturbed = gradient.map((g, i) => g + (CURVATURES[i]! * 0.1 * g) / norm);
    expect(measured.alignment.sam).to.be.closeTo(perturbed[0]! / Math.hypot(...perturbed), 1e-4);
    const { nodes, weights } = measured.density!;
    expect(nodes.reduce((sum, node, i) => sum + node * weights[i]!, 0)).to.be.closeTo(3, 1e-4);
    // Up the gradient by rho: rho |g| + rho^2/2 of the curvature along it.
    const along = gradient.reduce((sum, g, i) => sum + CURVATURES[i]! * (g / norm) ** 2, 0);
    expect(sharpnessRise(quadratic, params, { rho: 0.1 })).to.be.closeTo(0.1 * norm + 0.005 * along, 1e-4);
    // In the metric of the weights' squares, as ASAM goes up.
    const point = [0.5, -1, 2, 0.25];
    const length = Math.hypot(...gradient.map((g, i) => g * point[i]!));
    const lossAt = (w: readonly number[]): number => w.reduce((sum, x, i) => sum + (CURVATURES[i]! * x ** 2) / 2, 0);
    const up = point.map((w, i) => w + (0.1 * w ** 2 * gradient[i]!) / length);
    expect(sharpnessRise(quadratic, params, { rho: 0.1, scaled: true })).to.be.closeTo(
      lossAt(up) - lossAt(point),
      1e-4,
    );
    expect(tf.memory().numTensors).to.equal(before);
    disposeNamed(params);
  });

  it('at a stationary point has alignment 0 and no NaN', () => {
    const params = { w: tf.zeros([4]) };
    expect(measureSharpness(quadratic, params).alignment).to.deep.equal({ gradient: 0, sam: 0 });
    expect(sharpnessRise(quadratic, params)).to.equal(0);
    disposeNamed(params);
  });

  for (const name of ['mlp', 'conv', 'transformer'] as const) {
    it(`of the network ${name} has the ends of the whole spectrum, within 1e-3 at the top`, () =>
      tidy(() => {
        const {
          expected: { eigenvalues },
          model,
          tensors,
        } = network(name);
        const { params, x, labels } = tensors();
        const { top, bottom } = measureSharpness(meanLoss(model, x, labels), params, {
          tolerance: 1e-5,
          steps: 60,
          trace: { samples: 1 },
        });
        expect(relative(top[0]!.value, eigenvalues.at(-1)!)).to.be.below(1e-3);
        expect(relative(bottom[0]!.value, eigenvalues[0]!)).to.be.below(1e-2);
      }));
  }

  it('by central differences with r = 1e-2 is that of the whole Hessian within 1e-3, trace and scale-free form too', () =>
    tidy(() => {
      const { expected, model, tensors } = network('mlp');
      const { params, x, labels } = tensors();
      const loss = meanLoss(model, x, labels);
      const h = hessian(loss, params);
      const whole = denseMatrix(h);
      const scaled = eigh(
        tf.mul(whole, tf.matMul(tf.expandDims(tf.abs(flatten(params)), 1), tf.expandDims(tf.abs(flatten(params)), 0))),
      ).values.dataSync();
      h.dispose();
      const differences = operatorOnVectors(
        (direction) => centralDifference((at) => gradientsOf(loss, at), params, direction, RADIUS),
        params,
      );
      expect(
        relative(topEigenvalue(differences, { tolerance: 1e-5, steps: 60 }).value, expected.eigenvalues.at(-1)!),
      ).to.be.below(1e-3);
      expect(
        relative(
          topEigenvalue(scaledByWeights(differences, flatten(params)), { tolerance: 1e-5, steps: 60 }).value,
          scaled.at(-1)!,
        ),
      ).to.be.below(1e-3);
      const trace = tf.sum(tf.mul(denseMatrix(differences), tf.eye(expected.eigenvalues.length))).dataSync()[0]!;
      expect(
        relative(
          trace,
          expected.eigenvalues.reduce((a, b) => a + b, 0),
        ),
      ).to.be.below(1e-3);
    }));

  it('scale-free sharpness is unchanged if weights before a ReLU are doubled and those after it halved', () =>
    tidy(() => {
      const x = normals([20, 3], 'x') as Tensor2D;
      const y = normals([20, 2], 'y');
      const loss = ({ a, b, c }: NamedTensors): Scalar =>
        tf.mean(tf.square(tf.sub(dense(tf.relu(dense(x, a as Tensor2D, b as Tensor1D)), c as Tensor2D), y)));
      const params = { a: normals([3, 8], 'a'), b: normals([8], 'b'), c: normals([8, 2], 'c') };
      const rescaled = { a: tf.mul(params.a, 4), b: tf.mul(params.b, 4), c: tf.div(params.c, 4) };
      const [first, second] = [params, rescaled].map((point) =>
        measureSharpness(loss, point, { tolerance: 1e-5, trace: { samples: 1 } }),
      );
      expect(second!.loss).to.be.closeTo(first!.loss, 1e-5);
      expect(second!.scaleFree.value / first!.scaleFree.value).to.be.closeTo(1, 1e-3);
      expect(Math.abs(Math.log(second!.top[0]!.value / first!.top[0]!.value))).to.be.above(0.5);
    }));

  it('during training starts from the previous vector, in fewer products', () => {
    const before = tf.memory().numTensors;
    tidy(() => {
      const { model, tensors } = network('mlp');
      const { params, x, labels } = tensors();
      const loss = meanLoss(model, x, labels);
      const cold = topOfHessian(loss, params, { steps: 40, tolerance: 1e-5 });
      const moved = mapNamed(params, (w) => tf.mul(w, 1.01));
      const exact = topOfHessian(loss, moved, { steps: 40, tolerance: 1e-6 });
      const warm = topOfHessian(loss, moved, { steps: 5, start: cold.vector });
      expect(warm.largest.value).to.be.closeTo(exact.largest.value, 1e-3 * exact.largest.value);
    });
    expect(tf.memory().numTensors).to.equal(before);
  });

  it('weights that do not belong to the operator are refused', () => {
    const w = tf.tensor1d([1, 2]);
    expect(() => scaledByWeights({ size: 3, apply: (v) => v }, w)).to.throw(
      WeftError,
      /2 weights for an operator of size 3/,
    );
    w.dispose();
  });
});

describe('loss surfaces', () => {
  it('have directions as long as each filter, and none for biases', () => {
    const params = {
      'c/kernel': normals([3, 3, 2, 4], 'k'),
      'd/depthwise': normals([3, 3, 5, 1], 'd'),
      'e/table': normals([7, 3], 'e'),
      'f/bias': normals([4], 'b'),
    };
    const roles: Record<string, 'kernel' | 'depthwise-kernel' | 'embedding' | 'bias'> = {
      'c/kernel': 'kernel',
      'd/depthwise': 'depthwise-kernel',
      'e/table': 'embedding',
      'f/bias': 'bias',
    };
    const before = tf.memory().numTensors;
    const direction = filterNormalizedDirection(params, { seed: 2, roleOf: (name) => roles[name] });
    tidy(() => {
      const norms = (t: tf.Tensor, axes: number[]): number[] => [...tf.sqrt(tf.sum(tf.square(t), axes)).dataSync()];
      for (const [name, axes] of [
        ['c/kernel', [0, 1, 2]],
        ['d/depthwise', [0, 1, 3]],
        ['e/table', [1]],
      ] as const) {
        norms(direction[name]!, [...axes]).forEach((norm, i) =>
          expect(norm).to.be.closeTo(norms(params[name], [...axes])[i]!, 1e-5),
        );
      }
      expect([...direction['f/bias']!.dataSync()]).to.deep.equal([0, 0, 0, 0]);
    });
    disposeNamed(direction);
    expect(tf.memory().numTensors).to.equal(before);
    disposeNamed(params);
  });

  it('of a quadratic are its parabola and its bowl', () => {
    const params = { w: tf.tensor1d([0, 0, 1, 0]) };
    const [first, second] = [{ w: tf.tensor1d([1, 0, 0, 0]) }, { w: tf.tensor1d([0, 1, 0, 0]) }];
    const before = tf.memory().numTensors;
    const line = lossLine(quadratic, params, first, { reach: 2, points: 5 });
    expect(line).to.deep.equal({ x: [-2, -1, 0, 1, 2], loss: [18.5, 5, 0.5, 5, 18.5] });
    const plane = lossPlane(quadratic, params, [first, second], { points: 3 });
    expect(plane.rows).to.deep.equal([
      [7, 2.5, 7],
      [5, 0.5, 5],
      [7, 2.5, 7],
    ]);
    expect(tf.memory().numTensors).to.equal(before);
    for (const tensors of [params, first, second]) disposeNamed(tensors);
  });
});
