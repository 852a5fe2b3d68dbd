import { expect } from 'chai';
import fc from 'fast-check';
import { WeftError } from '../../../src/errors.js';
import { valueAndGradients } from '../../../src/tensor/autodiff.js';
import { disposeNamed, dotNamed, mapNamed, type NamedTensors } from '../../../src/tensor/named.js';
import { softmaxCrossEntropy } from '../../../src/tensor/nn.js';
import { gaussNewtonOperator, hessianOperator, hvp, jacobianOperator } from '../../../src/tensor/second-order/index.js';
import { tf, tidy, type Scalar, type Tensor, type Tensor2D } from '../../../src/tensor/tf.js';
import { watchKernels } from '../../../src/tensor/trace.js';
import { loads } from '../backends.js';
import { meanLoss, network, NETWORKS } from './networks.js';

const list = (tensor: Tensor): number[] => [...tensor.dataSync()];

/** Σ aᵢ·xᵢ³ + x₀·x₁: its Hessian is diag(6·aᵢ·xᵢ) plus ones off the diagonal. */
const cubic = ({ x }: NamedTensors): Scalar => {
  const [first, second] = tf.unstack(x!);
  return tf.add(tf.sum(tf.mul(tf.tensor1d([1, 2]), tf.mul(x!, tf.square(x!)))), tf.mul(first!, second!)) as Scalar;
};

describe('second-order operators', () => {
  before(() => loads('cpu'));

  it('of a polynomial have the closed form, for every direction', () => {
    const params = { x: tf.tensor1d([0.5, -1]) };
    const operator = hessianOperator(cubic, params);
    const finite = fc.double({ min: -10, max: 10, noNaN: true });
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const v = tf.tensor1d([a, b]);
        const { x } = operator.apply({ x: v }) as { x: Tensor };
        const [first, second] = list(x) as [number, number];
        tf.dispose([v, x]);
        expect(first).to.be.closeTo(3 * a + b, 1e-4);
        expect(second).to.be.closeTo(a - 12 * b, 1e-4);
      }),
      { numRuns: 30 },
    );
    operator.dispose();
    disposeNamed(params);
  });

  it('stay at the point where they were created', () =>
    tidy(() => {
      const x = tf.variable(tf.tensor1d([0.5, -1]));
      const operator = hessianOperator(cubic, { x });
      x.assign(tf.tensor1d([9, 9]));
      expect(list(operator.apply({ x: tf.tensor1d([1, 0]) })['x']!)).to.deep.equal([3, 1]);
      operator.dispose();
      x.dispose();
    }));

  it('give zeros for parameters without influence, and take missing entries of a direction for zeros', () =>
    tidy(() => {
      const params = { x: tf.tensor1d([0.5, -1]), idle: tf.ones([3]) };
      const { product } = hvp(cubic, params, { idle: tf.ones([3]) });
      expect(mapNamed(product, (tensor) => tensor.sum())).to.have.keys('x', 'idle');
      expect(list(product['x']!)).to.deep.equal([0, 0]);
      expect(list(product['idle']!)).to.deep.equal([0, 0, 0]);
    }));

  it('give zeros for a loss that is linear', () =>
    tidy(() => {
      const { product, method } = hvp(
        ({ x }) => tf.sum(tf.mul(x!, 3)) as Scalar,
        { x: tf.tensor1d([1, 2]) },
        { x: tf.tensor1d([1, 1]) },
      );
      expect(method).to.equal('exact');
      expect(list(product['x']!)).to.deep.equal([0, 0]);
    }));

  it('refuse a direction that does not fit', () =>
    tidy(() => {
      const params = { x: tf.tensor1d([0.5, -1]) };
      expect(() => hvp(cubic, params, { y: tf.ones([2]) })).to.throw(WeftError, /'y', which is not a parameter/);
      expect(() => hvp(cubic, params, { x: tf.ones([3]) })).to.throw(
        WeftError,
        /for 'x' is \[3\], the parameter \[2\]/,
      );
    }));

  it('hold their tensors until disposed, and none after an error', () => {
    const params = { x: tf.tensor1d([0.5, -1]) };
    const before = tf.memory().numTensors;
    const operator = hessianOperator(cubic, params);
    const held = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) disposeNamed(operator.apply(params));
    expect(tf.memory().numTensors).to.equal(held);
    operator.dispose();
    expect(tf.memory().numTensors).to.equal(before);

    const unproven = (p: NamedTensors): Scalar => tf.sum(tf.square(tf.erf(p['x']!)));
    expect(() => hessianOperator(unproven, params)).to.throw(WeftError, /'Erf'/);
    expect(() => jacobianOperator((p) => tf.elu(p['x']!), params)).to.throw(WeftError, /'EluGrad'/);
    expect(() =>
      gaussNewtonOperator({ outputs: (p) => p['x']!, loss: (y) => tf.sum(tf.square(tf.erf(y))) }, params),
    ).to.throw(WeftError, /'Erf'/);
    expect(() =>
      hessianOperator(() => {
        throw new Error('half-way');
      }, params),
    ).to.throw('half-way');
    expect(() => hessianOperator((p) => tf.square(p['x']!) as Scalar, params)).to.throw(WeftError, /not one number/);
    expect(tf.memory().numTensors).to.equal(before);
    disposeNamed(params);
  });

  it('refuse to be differentiated themselves', () =>
    tidy(() => {
      const params = { x: tf.tensor1d([0.5, -1]) };
      const operator = hessianOperator(cubic, params);
      const through = (f: () => Tensor) => () =>
        valueAndGradients((p) => tf.sum(tf.mul(p['x']!, f())) as Scalar, params);
      expect(through(() => operator.apply(params)['x']!)).to.throw(
        WeftError,
        /inside a loss that is itself differentiated/,
      );
      expect(through(() => hvp(cubic, params, params).product['x']!)).to.throw(
        WeftError,
        /inside a loss that is itself differentiated/,
      );
      operator.dispose();
    }));

  it('fall back to central differences if allowed, and say so', () =>
    tidy(() => {
      const params = { x: tf.tensor1d([0.3, -0.6]) };
      const direction = { x: tf.tensor1d([1, 2]) };
      const loss = (p: NamedTensors): Scalar => tf.sum(tf.square(tf.sinh(p['x']!)));
      const { product, method, reasons } = hvp(loss, params, direction, { onUnverified: 'difference' });
      expect(method).to.equal('central-difference');
      expect(reasons).to.deep.equal([
        "no verified second derivative of 'Cosh'",
        "no verified second derivative of 'Sinh'",
      ]);
      list(product['x']!).forEach((found, i) => {
        const x = [0.3, -0.6][i]!;
        expect(found).to.be.closeTo(2 * Math.cosh(2 * x) * [1, 2][i]!, 1e-3);
      });
      expect(list(hvp(loss, params, { x: tf.zeros([2]) }, { onUnverified: 'difference' }).product['x']!)).to.deep.equal(
        [0, 0],
      );

      const jacobian = jacobianOperator((p) => tf.elu(p['x']!), params, { onUnverified: 'difference' });
      expect(jacobian.method).to.equal('central-difference');
      expect(list(jacobian.times(direction))[1]).to.be.closeTo(2 * Math.exp(-0.6), 1e-3);
      jacobian.dispose();
      // J·v differentiates the backward pass only, and only by what goes into it.
      const through = jacobianOperator((p) => tf.erf(p['x']!), params);
      expect(through.method).to.equal('exact');
      expect(list(through.times(direction))[0]).to.be.closeTo((2 / Math.sqrt(Math.PI)) * Math.exp(-0.09), 1e-6);
      through.dispose();
    }));

  for (const name of NETWORKS) {
    it(`${name}: Hessian and Gauss-Newton matrix are symmetric, the latter without negative curvature`, () =>
      tidy(() => {
        const { model, tensors } = network(name);
        const { params, direction: u, x, labels } = tensors();
        const v = mapNamed(u, (tensor) => tf.reverse(tensor));
        const cut = {
          outputs: (p: NamedTensors) => model(p, x),
          loss: (z: Tensor) => tf.mean(softmaxCrossEntropy(z as Tensor2D, labels)) as Scalar,
        };
        const hessian = hessianOperator(meanLoss(model, x, labels), params);
        const gaussNewton = gaussNewtonOperator(cut, params);
        for (const operator of [hessian, gaussNewton]) {
          const [uv, vu] = [dotNamed(u, operator.apply(v)), dotNamed(v, operator.apply(u))].map(
            (t) => t.dataSync()[0]!,
          ) as [number, number];
          expect(uv).to.be.closeTo(vu, 1e-4 * Math.max(1, Math.abs(uv)));
          operator.dispose();
        }
        const again = gaussNewtonOperator(cut, params);
        expect(dotNamed(u, again.apply(u)).dataSync()[0]).to.be.above(0);
        again.dispose();
      }));

    it(`${name}: J·v and Jᵀ·u are adjoint`, () =>
      tidy(() => {
        const { model, tensors } = network(name);
        const { params, direction, x } = tensors();
        const jacobian = jacobianOperator((p) => model(p, x), params);
        const u = tf.reverse(jacobian.outputs);
        const left = tf.sum(tf.mul(u, jacobian.times(direction))).dataSync()[0]!;
        const right = dotNamed(jacobian.transposeTimes(u), direction).dataSync()[0]!;
        expect(left).to.be.closeTo(right, 1e-4 * Math.max(1, Math.abs(left)));
        jacobian.dispose();
      }));

    it(`${name}: a product takes at most twice the convolutions and matrix products of a gradient`, () =>
      tidy(() => {
        const { model, tensors } = network(name);
        const { params, direction, x, labels } = tensors();
        const loss = meanLoss(model, x, labels);
        const heavy = (f: () => void): number => {
          let count = 0;
          watchKernels(f, (call) => (count += /Conv2D|MatMul|WeftDense|Pointwise/.test(call.name) ? 1 : 0));
          return count;
        };
        const gradient = heavy(() => valueAndGradients(loss, params));
        const operator = hessianOperator(loss, params);
        expect(heavy(() => operator.apply(direction))).to.be.at.most(2 * gradient);
        operator.dispose();
      }));
  }

  it('J·v of an affine function is the function without its constant', () =>
    tidy(() => {
      const params = { x: tf.tensor1d([1, 2]) };
      const jacobian = jacobianOperator(({ x }) => tf.add(tf.mul(x!, tf.tensor1d([3, -1])), 7), params);
      expect(list(jacobian.outputs)).to.deep.equal([10, 5]);
      expect(list(jacobian.times({ x: tf.tensor1d([10, 100]) }))).to.deep.equal([30, -100]);
      expect(list(jacobian.times({}))).to.deep.equal([0, 0]);
      jacobian.dispose();
    }));

  it('the Gauss-Newton matrix is the Hessian where outputs are linear in the parameters', () =>
    tidy(() => {
      const x = tf.tensor2d([
        [1, 2],
        [3, -1],
        [0, 1],
      ]);
      const labels = tf.tensor1d([0, 1, 1], 'int32');
      const params = {
        w: tf.tensor2d([
          [0.3, -0.2],
          [0.1, 0.7],
        ]),
      };
      const v = {
        w: tf.tensor2d([
          [1, 2],
          [-1, 0.5],
        ]),
      };
      const loss = (z: Tensor): Scalar => tf.mean(softmaxCrossEntropy(z as Tensor2D, labels));
      const outputs = (p: NamedTensors): Tensor => tf.matMul(x, p['w']!);
      const gaussNewton = gaussNewtonOperator({ outputs, loss }, params);
      const { product } = hvp((p) => loss(outputs(p)), params, v);
      list(gaussNewton.apply(v)['w']!).forEach((found, i) =>
        expect(found).to.be.closeTo(list(product['w']!)[i]!, 1e-6),
      );
      gaussNewton.dispose();
    }));
});
