/**
 * Spectra of the Hessians of networks against PyTorch's dense ones.
 */
import { expect } from 'chai';
import {
  type CurvatureOperator,
  denseMatrix,
  extremeEigenpairs,
  disposeEigenpairs,
  flatten,
  gaussNewton,
  hessian,
  hutchinsonTrace,
  topEigenvalue,
  unflatten,
} from '../../src/curvature/index.js';
import { eigh } from '../../src/tensor/linalg/index.js';
import { mapNamed } from '../../src/tensor/named.js';
import { softmaxCrossEntropy } from '../../src/tensor/nn.js';
import { tf, tidy, type Scalar, type Tensor2D } from '../../src/tensor/tf.js';
import { loads, NATIVE } from '../tensor/backends.js';
import { meanLoss, network, NETWORKS } from '../tensor/second-order/networks.js';

describe('Hessians of networks', () => {
  before(async function () {
    if (!(await loads(NATIVE))) await loads('cpu');
  });

  for (const name of NETWORKS) {
    it(`${name}: the tenth product of an operator, compiled by then, has the bits of another operator's first`, () => {
      const before = tf.memory().numTensors;
      const { model, tensors } = network(name);
      tidy(() => {
        const { params, x, labels } = tensors();
        const vector = flatten(mapNamed(params, (weight) => tf.cos(weight)));
        const [one, other] = [0, 1].map(() => hessian(meanLoss(model, x, labels), params)) as [
          CurvatureOperator,
          CurvatureOperator,
        ];
        for (let i = 1; i < 10; i++) one.apply(tf.mul(vector, i));
        expect(one.apply(vector).dataSync()).to.deep.equal(other.apply(vector).dataSync());
        one.dispose();
        other.dispose();
      });
      expect(tf.memory().numTensors).to.equal(before);
    });

    it(`${name}: both ends of the spectrum are those of a dense eigensolver within 1 %`, () => {
      const before = tf.memory().numTensors;
      const {
        expected: { eigenvalues },
        model,
        tensors,
      } = network(name);
      tidy(() => {
        const { params, x, labels } = tensors();
        const h = hessian(meanLoss(model, x, labels), params);
        expect(h).to.include({ method: 'exact', size: eigenvalues.length });
        const {
          largest: [top],
          smallest: [bottom],
          steps,
        } = extremeEigenpairs(h);
        const [exactTop, exactBottom] = [eigenvalues.at(-1)!, eigenvalues[0]!];
        expect(top!.value).to.be.closeTo(exactTop, 0.01 * Math.abs(exactTop));
        expect(bottom!.value).to.be.closeTo(exactBottom, 0.01 * Math.abs(exactBottom));
        for (const { value, residual } of [top!, bottom!]) {
          expect(Math.min(...eigenvalues.map((exact) => Math.abs(exact - value)))).to.be.at.most(residual + 1e-4);
        }
        expect(steps).to.be.at.most(40);
        disposeEigenpairs([top!, bottom!]);
        h.dispose();
      });
      expect(tf.memory().numTensors).to.equal(before);
    });
  }

  it("mlp: the whole matrix, its eigenvalues and its trace are PyTorch's", () =>
    tidy(() => {
      const {
        expected: { eigenvalues },
        model,
        tensors,
      } = network('mlp');
      const { params, x, labels } = tensors();
      const h = hessian(meanLoss(model, x, labels), params);
      const { values } = eigh(denseMatrix(h), { precision: 'float64' });
      values.dataSync().forEach((value, i) => expect(value).to.be.closeTo(eigenvalues[i]!, 1e-5));
      const exact = eigenvalues.reduce((a, b) => a + b, 0);
      const { trace, standardError } = hutchinsonTrace(h, {
        samples: 200,
        tolerance: 0,
      });
      expect(Math.abs(trace - exact)).to.be.below(3 * standardError);
      h.dispose();
    }));

  it('mlp: no eigenvalue of the Gauss-Newton matrix is negative', () =>
    tidy(() => {
      const { model, tensors } = network('mlp');
      const { params, x, labels } = tensors();
      const g = gaussNewton(
        {
          outputs: (p) => model(p, x),
          loss: (z) => tf.mean(softmaxCrossEntropy(z as Tensor2D, labels)) as Scalar,
        },
        params,
      );
      const values = eigh(denseMatrix(g)).values.dataSync();
      expect(Math.min(...values)).to.be.above(-1e-5);
      expect(topEigenvalue(g).value).to.be.closeTo(values.at(-1)!, 1e-3);
      g.dispose();
    }));

  it('vectors and named tensors are two views of the same numbers', () =>
    tidy(() => {
      const named = {
        b: tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
        a: tf.scalar(5),
      };
      const vector = flatten(named);
      expect([...vector.dataSync()]).to.deep.equal([1, 2, 3, 4, 5]);
      const back = unflatten(vector, named);
      expect(Object.keys(back)).to.deep.equal(['b', 'a']);
      expect(back['b']!.arraySync()).to.deep.equal([
        [1, 2],
        [3, 4],
      ]);
      expect(back['a']!.shape).to.deep.equal([]);
    }));
});
